//! Writes labelled values and paragraphs into lines of the window's width.

use oms_proto::Time;
use oms_proto::machine::MachineSpec;
use ratatui::text::{Line, Span};

use crate::clean;
use crate::pen::Pen;
use crate::text;
use crate::theme::Tone;

/// Columns for labels, the margin included.
const LABEL: usize = 16;

/// Lines under construction.
pub(super) struct Sheet<'a> {
    pen: &'a Pen<'a>,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(pen: &'a Pen<'a>, width: usize) -> Self {
        Self {
            pen,
            width,
            lines: Vec::new(),
        }
    }

    pub(super) fn into_lines(self) -> Vec<Line<'static>> {
        self.lines
    }

    pub(super) fn pen(&self) -> &'a Pen<'a> {
        self.pen
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    /// A heading with an empty line before it, unless it is the first.
    pub(super) fn heading(&mut self, words: &'static str) {
        if !self.lines.is_empty() {
            self.gap();
        }
        self.own(words, Tone::Title);
    }

    /// A line of our own words.
    pub(super) fn own(&mut self, words: &'static str, tone: Tone) {
        self.lines
            .push(self.pen.own(format!("  {}", text::say(words)), tone).into());
    }

    /// A label and its value, which may come from outside and take several lines.
    pub(super) fn field(&mut self, label: &str, value: &str) {
        self.toned(label, value, Tone::Plain);
    }

    /// A label and its value with a meaning.
    pub(super) fn toned(&mut self, label: &str, value: &str, tone: Tone) {
        let label = text::say(label);
        let padding = (LABEL - 2).saturating_sub(clean::width(label));
        let label = format!("  {label}{}", " ".repeat(padding));
        let mut label = Some(self.pen.own(label, Tone::Dim));
        for part in self.wrapped(value, LABEL) {
            let margin = Span::raw(" ".repeat(LABEL));
            let start = label.take().unwrap_or(margin);
            self.lines
                .push(Line::from(vec![start, self.pen.own(part, tone)]));
        }
    }

    /// A label and its value, left out where there is none.
    pub(super) fn maybe(&mut self, label: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.field(label, value);
        }
    }

    /// A label and a list, left out where it is empty.
    pub(super) fn list(&mut self, label: &str, values: &[String]) {
        if !values.is_empty() {
            self.field(label, &values.join(", "));
        }
    }

    /// What is said of a machine.
    pub(super) fn machine(&mut self, machine: &MachineSpec) {
        for (name, said) in machine.fields() {
            let value = said.joined().filter(|value| !value.is_empty());
            self.maybe(&name.replace('_', " "), value.as_deref());
        }
    }

    /// A label and a point in the past.
    pub(super) fn past(&mut self, label: &str, at: Time) {
        let stamp = self.pen.stamp(at);
        let age = self.pen.age(at);
        self.field(label, &format!("{stamp} ({})", text::since(&age)));
    }

    /// A label and a point in the future, or one that was due.
    pub(super) fn due(&mut self, label: &str, at: Time) {
        let stamp = self.pen.stamp(at);
        let until = self.pen.until(at);
        let when = if at > self.pen.now {
            text::left(&until)
        } else {
            text::say(text::PAST).to_owned()
        };
        self.field(label, &format!("{stamp} ({when})"));
    }

    /// A line of several parts, cut at the window's edge.
    pub(super) fn parts(&mut self, parts: Vec<Span<'static>>) {
        self.lines.push(Line::from(parts));
    }

    /// Text from outside, indented.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str, tone: Tone) {
        for part in self.wrapped(text, indent) {
            let margin = Span::raw(" ".repeat(indent));
            self.lines
                .push(Line::from(vec![margin, self.pen.own(part, tone)]));
        }
    }

    fn wrapped(&self, text: &str, indent: usize) -> Vec<String> {
        clean::wrap(&clean::clean(text), self.width.saturating_sub(indent + 1))
    }
}
