//! Keys for what lies over the view.

use super::travel::Motion;
use super::{acts, filtering};
use crate::action::{Act, Object};
use crate::call::Purpose;
use crate::effect::Effect;
use crate::keymap::Command;
use crate::layer::{Confirm, Help, Item, Layer, Menu, Pager, Palette, Then, form};
use crate::layout;
use crate::model::{Model, Unsettled};
use crate::objects;
use crate::row::RowKey;
use crate::text::{self, Language};
use crate::theme::{Theme, Tone};

/// Puts a layer over the view.
pub(super) fn open(model: &mut Model, command: Command) {
    model.notice = None;
    let layer = match command {
        Command::Help => Some(Layer::Help(Help::default())),
        Command::Palette => Some(Layer::Palette(Palette::default())),
        Command::Actions => actions(model).map(Layer::Menu),
        Command::Copy => copies(model).map(Layer::Menu),
        Command::Json => page(model).map(Layer::Pager),
        Command::Theme => {
            let names = model.themes();
            let at = names.iter().position(|(_, it)| *it == model.options.theme);
            let next = at.map_or(0, |at| (at + 1) % names.len());
            if let Some((name, theme)) = names.into_iter().nth(next) {
                set_theme(model, &name, theme);
            }
            return;
        }
        Command::Language => {
            let next = match model.options.language {
                Language::English => Language::Japanese,
                Language::Japanese => Language::English,
            };
            set_language(model, next);
            return;
        }
        _ => None,
    };
    match layer {
        Some(layer) => model.layers.push(layer),
        None => model.tell(text::say(text::NOTHING_CHOSEN).to_owned(), Tone::Dim),
    }
}

/// Does what a key asks for with the layer on top.
pub(super) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    match model.layers.last_mut() {
        Some(Layer::Help(_)) => help(model, command),
        Some(Layer::Palette(_)) => return palette(model, command),
        Some(Layer::Menu(_)) => return menu(model, command),
        Some(Layer::Confirm(_)) => return confirm(model, command),
        Some(Layer::Form(form)) => match form.obey(command) {
            form::Outcome::Open => {}
            form::Outcome::Cancelled => drop(model.layers.pop()),
            form::Outcome::Asks(request) => {
                let effect = model.calls.make(Purpose::Form, *request);
                let ticket = model.calls.latest();
                if let Some(Layer::Form(form)) = model.layers.last_mut() {
                    form.wait_for(ticket, model.now);
                }
                return vec![effect];
            }
        },
        Some(Layer::Pager(_)) => return pager(model, command),
        None => {}
    }
    Vec::new()
}

/// Takes text that was pasted; where nothing is typed it is never taken for keys.
pub(super) fn paste(model: &mut Model, text: &str) {
    match model.layers.last_mut() {
        Some(Layer::Help(Help {
            typing: true,
            filter,
            ..
        })) => filter.paste(text),
        Some(Layer::Palette(palette)) => palette.input.paste(text),
        Some(Layer::Form(form)) => form.paste(text),
        Some(_) => {}
        None => {
            if let Some(input) = &mut model.typing {
                input.paste(text);
                filtering::apply(model);
            }
        }
    }
}

fn help(model: &mut Model, command: Command) {
    let visible = layout::page_rows(model);
    let Some(Layer::Help(help)) = model.layers.last_mut() else {
        return;
    };
    match command {
        Command::Accept if help.typing => help.typing = false,
        Command::Escape if help.typing || !help.filter.text().is_empty() => {
            help.typing = false;
            help.filter.set("");
        }
        Command::Filter => {
            help.typing = true;
            help.filter = crate::input::Input::new(help.filter.text(), 64);
        }
        Command::Escape | Command::Back | Command::Help => drop(model.layers.pop()),
        _ if help.filter.obey(command) => help.scroll = 0,
        _ => {
            if let Some(motion) = Motion::of(command, visible) {
                help.scroll = motion.from(help.scroll, usize::MAX);
            }
        }
    }
}

fn palette(model: &mut Model, command: Command) -> Vec<Effect> {
    let known = model.arguments();
    let keymap = &model.options.keymap;
    let Some(Layer::Palette(palette)) = model.layers.last_mut() else {
        return Vec::new();
    };
    let arguments = palette.arguments(&known);
    let offers = match &arguments {
        Some(arguments) => arguments.len(),
        None => palette.offers(keymap).len(),
    };
    match command {
        Command::Escape => drop(model.layers.pop()),
        Command::Erase if palette.input.text().is_empty() => drop(model.layers.pop()),
        Command::Accept => return run(model),
        Command::Complete if arguments.is_some() => palette.complete(&known),
        Command::NextField | Command::Complete => {
            palette.at = (palette.at + 1).min(offers.saturating_sub(1));
        }
        Command::PreviousField | Command::CompleteBack => {
            palette.at = palette.at.saturating_sub(1);
        }
        _ => {
            if palette.input.obey(command) {
                palette.at = 0;
            }
        }
    }
    Vec::new()
}

/// Does what the command line says.
fn run(model: &mut Model) -> Vec<Effect> {
    let Some(Layer::Palette(palette)) = model.layers.pop() else {
        return Vec::new();
    };
    let (word, rest) = palette.words();
    if word.is_empty() && palette.at == 0 {
        return Vec::new();
    }
    let chosen = palette.chosen(&model.options.keymap);
    let Some(command) = chosen.map(|bound| bound.binding.command) else {
        model.tell(text::no_such_command(word), Tone::Warn);
        return Vec::new();
    };
    match command {
        _ if rest.is_empty() => super::obey(model, command),
        Command::Act(act) => with_argument(model, act, rest),
        Command::SortReverse => {
            let headings = model.view.headings();
            let named = headings
                .iter()
                .position(|heading| heading.title.eq_ignore_ascii_case(rest));
            if let Some(column) = named {
                super::filtering::sort_by(model, column);
            } else {
                let titles: Vec<&str> = headings.iter().map(|it| it.title).collect();
                model.tell(text::no_such_column(rest, &titles.join(", ")), Tone::Warn);
            }
            Vec::new()
        }
        Command::Theme => {
            let found = model.themes().into_iter().find(|(name, _)| name == rest);
            match found {
                Some((name, theme)) => set_theme(model, &name, theme),
                None => model.tell(text::no_such_theme(rest), Tone::Warn),
            }
            Vec::new()
        }
        Command::Language => {
            match Language::named(rest) {
                Some(language) => set_language(model, language),
                None => model.tell(text::no_such_language(rest), Tone::Warn),
            }
            Vec::new()
        }
        _ => {
            model.tell(text::takes_nothing(word), Tone::Warn);
            Vec::new()
        }
    }
}

/// Does something to an object that is named: an entry by its number or name, an account by its name.
fn with_argument(model: &mut Model, act: Act, rest: &str) -> Vec<Effect> {
    let mut objects = Vec::new();
    for word in rest.split_whitespace() {
        let entry = word.parse().ok().filter(|id| model.world.has_entry(*id));
        if let Some(id) = entry {
            objects.push(Object::Entry(id));
        } else if model.world.account(word).is_some() {
            objects.push(Object::Account(word.to_owned()));
        } else if let [id] = model.world.named(word).as_slice() {
            objects.push(Object::Entry(*id));
        } else {
            model.tell(text::no_such_object(word), Tone::Warn);
            return Vec::new();
        }
    }
    acts::act_on(model, act, objects)
}

fn set_language(model: &mut Model, language: Language) {
    model.options.language = language;
    text::speak(language);
    model.unsettled = Unsettled::All;
    model.tell(text::language_is(language.name()), Tone::Dim);
}

fn set_theme(model: &mut Model, name: &str, theme: Theme) {
    model.options.theme = theme;
    model.tell(text::theme_is(name), Tone::Dim);
}

fn menu(model: &mut Model, command: Command) -> Vec<Effect> {
    let visible = layout::page_rows(model);
    let Some(Layer::Menu(menu)) = model.layers.last_mut() else {
        return Vec::new();
    };
    match command {
        Command::Escape | Command::Back => drop(model.layers.pop()),
        Command::Accept => {
            let chosen = menu.items.get(menu.at).map(|item| item.then.clone());
            drop(model.layers.pop());
            match chosen {
                Some(Then::Command(command)) => return super::obey(model, command),
                Some(Then::Copy(words)) => return copy(model, words),
                None => {}
            }
        }
        _ => {
            if let Some(motion) = Motion::of(command, visible) {
                menu.at = motion.from(menu.at, menu.items.len());
            }
        }
    }
    Vec::new()
}

fn copy(model: &mut Model, words: String) -> Vec<Effect> {
    model.tell(text::copied(words.len()), Tone::Good);
    vec![Effect::Copy(words)]
}

fn confirm(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Layer::Confirm(confirm)) = model.layers.last_mut() else {
        return Vec::new();
    };
    let several = confirm.typed.is_some();
    match command {
        Command::Escape => drop(model.layers.pop()),
        Command::NextField | Command::PreviousField => confirm.goes_on = !confirm.goes_on,
        Command::CaretLeft | Command::CaretRight if !several => {
            confirm.goes_on = !confirm.goes_on;
        }
        Command::Accept if !confirm.goes_on => {
            drop(model.layers.pop());
            model.tell(text::say(text::CANCELLED).to_owned(), Tone::Dim);
        }
        Command::Accept if !confirm.is_sure() => {
            let words = text::type_the_number(confirm.objects.len());
            model.tell(words, Tone::Warn);
        }
        Command::Accept => {
            if let Some(Layer::Confirm(Confirm { act, objects, .. })) = model.layers.pop() {
                return acts::order(model, act, &objects);
            }
        }
        _ => {
            if let Some(typed) = &mut confirm.typed {
                // The number alone decides nothing; a button does.
                typed.obey(command);
            }
        }
    }
    Vec::new()
}

fn pager(model: &mut Model, command: Command) -> Vec<Effect> {
    let visible = layout::page_rows(model);
    let Some(Layer::Pager(pager)) = model.layers.last_mut() else {
        return Vec::new();
    };
    match command {
        Command::Escape | Command::Back => drop(model.layers.pop()),
        Command::Json => pager.turn(),
        Command::Copy => {
            let words = pager.lines().join("\n");
            return copy(model, words);
        }
        _ => {
            if let Some(motion) = Motion::of(command, visible) {
                pager.scroll = motion.from(pager.scroll, usize::MAX);
            }
        }
    }
    Vec::new()
}

/// What can be done with the row or with what is marked.
fn actions(model: &Model) -> Option<Menu> {
    let objects = acts::objects(model);
    let first = objects.first()?;
    let title = match objects.as_slice() {
        [one] => one.to_string(),
        several => text::chosen(several.len()),
    };
    let fits = |act: &Act| {
        !model.options.readonly
            && objects
                .iter()
                .all(|object| act.applies(object, &model.world, model.now))
    };
    let acts = Act::ALL.into_iter().filter(fits).map(Command::Act);
    let entry = match first {
        Object::Entry(id) => model.world.entry(*id),
        Object::Account(_) => None,
    };
    let ssh = entry.is_some_and(|entry| entry.instance.is_some());
    let others = [
        (ssh, Command::Ssh),
        (true, Command::Copy),
        (true, Command::Json),
    ];
    let others = others
        .into_iter()
        .filter_map(|(fits, it)| fits.then_some(it));
    let items = acts
        .chain(others)
        .filter_map(|command| item(model, command));
    Some(Menu::new(title, items.collect()))
}

fn item(model: &Model, command: Command) -> Option<Item> {
    let mut bound = model.options.keymap.iter();
    let bound = bound.find(|bound| bound.binding.command == command)?;
    Some(Item {
        label: format!(
            "{:<10} {}",
            bound.binding.name,
            text::say(bound.binding.help)
        ),
        hint: bound.label(),
        then: Then::Command(command),
    })
}

/// What of the row may be of use elsewhere.
fn copies(model: &Model) -> Option<Menu> {
    let row = model.row()?;
    let parts = objects::parts(&model.world, row);
    let items = parts.into_iter().map(|(label, text)| Item {
        label: text::say(label).to_owned(),
        hint: text.clone(),
        then: Then::Copy(text),
    });
    let items: Vec<Item> = items.collect();
    let nothing = items.is_empty();
    (!nothing).then(|| Menu::new(text::say(text::COPY).to_owned(), items))
}

/// The row as it came from the daemon.
fn page(model: &Model) -> Option<Pager> {
    let row: &RowKey = model.row()?;
    let detail = model.detail.as_ref();
    let explanation = detail.and_then(|detail| detail.explanation.as_deref());
    let (title, json, yaml) = objects::written(&model.world, row, explanation)?;
    Some(Pager::new(title, &json, &yaml))
}
