//! The house: which file names which, that no circle is among them, and that a room of the domain
//! names only rooms below it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The folders whose files are the modules of one crate each, and the name that others know the
/// crate by.
const CRATES: &[(&str, &str)] = &[
    ("proto/src", "oms_proto"),
    ("omsd/domain/src", "omsd_domain"),
    ("omsd/src", "omsd"),
    ("omsctl/clouds/src", "oms_clouds"),
    ("omsctl/src", "omsctl"),
    ("omstui/src", "omstui"),
    ("tests/src", "oms_tests"),
];

/// The rooms of the domain, from ground to roof.
const ROOMS: &[&str] = &[
    "ground", "rows", "rules", "world", "schedule", "plan", "settle", "tell",
];

/// Which modules of a crate each of its modules names, by path below the crate.
type Names = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_circle_is_among_the_files() {
    let mut found = Vec::new();
    for (folder, _) in CRATES {
        let circles = circles(&names(folder)).into_iter();
        found.extend(circles.map(|circle| format!("{folder}: {circle}")));
    }
    assert!(found.is_empty(), "files that name each other: {found:#?}");
}

#[test]
fn a_room_names_only_rooms_below_it() {
    let storey = |module: &str| {
        ROOMS
            .iter()
            .position(|room| Some(*room) == module.split("::").next())
    };
    let mut climbs = Vec::new();
    for (module, named) in names("omsd/domain/src") {
        for other in named {
            if let (Some(here), Some(there)) = (storey(&module), storey(&other))
                && there > here
            {
                climbs.push(format!("{module} names {other}"));
            }
        }
    }
    assert!(climbs.is_empty(), "a room names one above it: {climbs:#?}");
}

/// The modules of a crate and what they name, tests apart.
fn names(folder: &str) -> Names {
    let files: BTreeMap<_, _> = super::sources(folder)
        .into_iter()
        .filter(|(name, _)| !super::is_test(name))
        .filter_map(|(name, text)| Some((module(folder, &name)?, text)))
        .collect();
    let known: BTreeSet<_> = files.keys().cloned().collect();
    files
        .iter()
        .map(|(module, text)| {
            let paths = paths(module, text);
            let named = paths.iter().filter_map(|path| owner(&known, path));
            let named = named.filter(|named| named != module).collect();
            (module.clone(), named)
        })
        .collect()
}

/// The path of a file's module below its crate; the crate's own file is the empty path.
fn module(folder: &str, name: &str) -> Option<String> {
    let path = name.strip_prefix(folder)?.trim_start_matches('/');
    let path = path.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    Some(match path {
        "lib" | "main" => String::new(),
        path => path.replace('/', "::"),
    })
}

/// Every path that a module names within its crate, in full.
fn paths(module: &str, text: &str) -> Vec<String> {
    let code = super::without_tests(text);
    let mut paths = Vec::new();
    for statement in statements(&code) {
        for path in spread(&statement) {
            paths.extend(absolute(module, &path));
        }
    }
    paths
}

/// The pieces of code that hold a path into the crate: `use` trees, and paths in the midst of code.
fn statements(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let starts = ["crate::", "super::", "self::"];
    let mut rest = code;
    while let Some(at) = starts.iter().filter_map(|start| rest.find(start)).min() {
        let head = rest.get(..at).unwrap_or_default();
        let before = head.chars().next_back();
        // Who may see a thing is not what the thing names.
        let seen_by = head.ends_with("pub(in ");
        let tail = rest.get(at..).unwrap_or_default();
        let length = tree_length(tail);
        if !seen_by && before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
            found.push(tail.get(..length).unwrap_or_default().to_owned());
        }
        rest = tail.get(length.max(1)..).unwrap_or_default();
    }
    found
}

/// How long the path at the begin of a text is, a tree in braces included.
fn tree_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text
                .get(..at)
                .is_some_and(|head| depth > 0 || head.ends_with("::")) =>
            {
                depth += 1;
            }
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            c if depth == 0 && !c.is_alphanumeric() && c != '_' && c != ':' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The single paths of a tree.
fn spread(tree: &str) -> Vec<String> {
    let tree: String = tree.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((head, inner)) = tree.split_once('{') else {
        return vec![tree];
    };
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    let whole = |part: &String| spread(&format!("{head}{part}"));
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .flat_map(whole)
        .collect()
}

/// A path below the crate, from one that a module names.
fn absolute(module: &str, path: &str) -> Option<String> {
    let mut here: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let mut parts = path.split("::").filter(|part| !part.is_empty()).peekable();
    match parts.next()? {
        "crate" => here.clear(),
        "super" => {
            here.pop();
        }
        _ => {}
    }
    while parts.next_if_eq(&"super").is_some() {
        here.pop();
    }
    here.extend(parts.filter(|part| *part != "self"));
    Some(here.join("::"))
}

/// The module that a path leads to: the longest that is a file.
fn owner(known: &BTreeSet<String>, path: &str) -> Option<String> {
    let mut path = path;
    loop {
        if known.contains(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::").map(|(head, _)| head)?;
    }
}

/// Every set of modules that lead back to themselves, each as the way round it that begins at its
/// first module and is the shortest.
fn circles(names: &Names) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    for module in names.keys() {
        if told.contains(module) {
            continue;
        }
        if let Some(way) = way_back(names, module) {
            told.extend(way.iter().cloned());
            found.push(way.join(" -> "));
        }
    }
    found
}

/// The shortest way from a module back to itself.
fn way_back(names: &Names, module: &String) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![module.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().and_then(|last| names.get(last))? {
            let mut on = way.clone();
            on.push(next.clone());
            if next == module {
                return Some(on);
            }
            if seen.insert(next.clone()) {
                ways.push_back(on);
            }
        }
    }
    None
}

#[test]
fn circles_and_paths_are_found() {
    let named = |text: &str| paths("a::b", text);
    assert_eq!(named("use crate::x::{self, y::Z};"), ["x", "x::y::Z"]);
    assert_eq!(
        named("use super::c::D; let e = super::super::f();"),
        ["a::c::D", "f"]
    );
    assert_eq!(named("pub(in crate::x) struct Y;"), Vec::<String>::new());
    assert_eq!(
        named("mod own; use self::own::Thing;"),
        ["a::b::own::Thing"]
    );
    let of = |pairs: &[(&str, &[&str])]| -> Names {
        let named = |named: &[&str]| named.iter().map(|it| (*it).to_owned()).collect();
        pairs
            .iter()
            .map(|(module, them)| ((*module).to_owned(), named(them)))
            .collect()
    };
    let straight = of(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
    assert_eq!(circles(&straight), Vec::<String>::new());
    let round = of(&[
        ("a", &["b"]),
        ("b", &["c"]),
        ("c", &["b"]),
        ("d", &["e"]),
        ("e", &["d", "f"]),
        ("f", &["e"]),
    ]);
    assert_eq!(
        circles(&round),
        ["b -> c -> b", "d -> e -> d", "f -> e -> f"]
    );
}
