//! Shell text to commands and words: quotes, comments, variables, and what would run something.

use super::ansi;

/// Most commands in one file; real ones have some twenty.
const COMMANDS_MAX: usize = 1_000;

/// How a command hangs on the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// It runs whatever came before.
    Always,
    /// Behind `&&`.
    IfWell,
    /// Behind `||`.
    IfNot,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it stands.
    Text(String),
    /// The value of a variable.
    Variable(String),
    /// The output of a command, or anything else that only a shell can tell.
    Runs,
}

/// A word of a command.
pub(super) type Word = Vec<Piece>;

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// How it hangs on the one before it.
    pub(super) join: Join,
    /// Its words.
    pub(super) words: Vec<Word>,
}

/// A word that is text alone.
pub(super) fn plain(word: &Word) -> Option<&str> {
    match &word[..] {
        [Piece::Text(text)] => Some(text),
        _ => None,
    }
}

/// Whether a text can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_in_name)
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The name and value of a word `NAME=VALUE`.
pub(super) fn assignment(word: &Word) -> Option<(String, Word)> {
    let (first, rest) = word.split_first()?;
    let Piece::Text(text) = first else {
        return None;
    };
    let (name, begin) = text.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let mut value = vec![Piece::Text(begin.to_owned())];
    value.extend_from_slice(rest);
    Some((name.to_owned(), value))
}

/// The commands of a script.
///
/// # Errors
/// A quote that does not end, or more commands than any such file has.
pub(super) fn commands(text: &str) -> Result<Vec<Command>, String> {
    let mut reader = Reader {
        chars: text.trim_start_matches('\u{feff}').chars().peekable(),
        line: 1,
    };
    let mut commands = Vec::new();
    let mut command = Command::after(Join::Always, 1);
    while let Some(token) = reader.token()? {
        match token {
            Token::Word(word) => {
                if command.words.is_empty() {
                    command.line = reader.line;
                }
                command.words.push(word);
            }
            Token::End(join) => {
                let next = Command::after(join, reader.line);
                let done = std::mem::replace(&mut command, next);
                if !done.words.is_empty() {
                    commands.push(done);
                }
                if commands.len() > COMMANDS_MAX {
                    return Err(format!("more than {COMMANDS_MAX} commands"));
                }
            }
        }
    }
    if !command.words.is_empty() {
        commands.push(command);
    }
    Ok(commands)
}

impl Command {
    const fn after(join: Join, line: usize) -> Self {
        Self {
            line,
            join,
            words: Vec::new(),
        }
    }
}

enum Token {
    Word(Word),
    End(Join),
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn next_if(&mut self, wanted: char) -> bool {
        self.chars.next_if_eq(&wanted).is_some()
    }

    fn token(&mut self) -> Result<Option<Token>, String> {
        while let Some(&c) = self.chars.peek() {
            let join = match c {
                ' ' | '\t' | '\r' => {
                    self.next();
                    continue;
                }
                '#' => {
                    while self.chars.next_if(|c| *c != '\n').is_some() {}
                    continue;
                }
                '\n' | ';' => Join::Always,
                '&' => {
                    self.next();
                    if self.next_if('&') {
                        return Ok(Some(Token::End(Join::IfWell)));
                    }
                    if self.chars.peek() == Some(&'>') {
                        continue;
                    }
                    return Err(self.aside("&"));
                }
                '|' => {
                    self.next();
                    if self.next_if('|') {
                        return Ok(Some(Token::End(Join::IfNot)));
                    }
                    return Err(self.aside("|"));
                }
                _ => return self.word().map(Token::Word).map(Some),
            };
            self.next();
            return Ok(Some(Token::End(join)));
        }
        Ok(None)
    }

    /// What is set in a process of its own is set nowhere else.
    fn aside(&self, sign: &str) -> String {
        format!("line {}: '{sign}' is not understood", self.line)
    }

    fn word(&mut self) -> Result<Word, String> {
        let begun = self.line;
        let mut word = Builder::default();
        while let Some(&c) = self.chars.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' => break,
                '\'' => {
                    self.next();
                    word.text.push_str(&self.until('\'', begun)?);
                }
                '"' => {
                    self.next();
                    self.within_quotes(&mut word, begun)?;
                }
                '\\' => {
                    self.next();
                    // A line that goes on in the next one.
                    if let Some(c) = self.next().filter(|c| *c != '\n') {
                        word.text.push(c);
                    }
                }
                // `$"..."` is put into another language where there is one; elsewhere it is plain.
                '$' if self.is_behind('"') => {
                    self.next();
                }
                '$' if self.is_behind('\'') => {
                    self.next();
                    self.next();
                    let text = ansi::quoted(&mut || self.next());
                    let text = text.map_err(|words| format!("line {begun}: {words}"))?;
                    word.text.push_str(&text);
                }
                '$' => self.dollar(&mut word, begun)?,
                '`' => {
                    self.next();
                    self.until('`', begun)?;
                    word.piece(Piece::Runs);
                }
                // Redirections, and braces that make several words of one.
                '<' | '>' | '{' => {
                    self.next();
                    self.next_if('&');
                    word.piece(Piece::Runs);
                }
                _ => {
                    word.text.push(c);
                    self.next();
                }
            }
        }
        Ok(word.done())
    }

    fn within_quotes(&mut self, word: &mut Builder, begun: usize) -> Result<(), String> {
        while let Some(&c) = self.chars.peek() {
            match c {
                '"' => {
                    self.next();
                    return Ok(());
                }
                '\\' => {
                    self.next();
                    match self.next() {
                        Some('\n') => {}
                        Some(c @ ('"' | '\\' | '$' | '`')) => word.text.push(c),
                        Some(c) => word.text.extend(['\\', c]),
                        None => word.text.push('\\'),
                    }
                }
                '$' => self.dollar(word, begun)?,
                '`' => {
                    self.next();
                    self.until('`', begun)?;
                    word.piece(Piece::Runs);
                }
                _ => {
                    word.text.push(c);
                    self.next();
                }
            }
        }
        Err(format!("line {begun}: a quote that does not end"))
    }

    /// Whether a character follows the next one.
    fn is_behind(&self, wanted: char) -> bool {
        let mut ahead = self.chars.clone();
        ahead.next();
        ahead.peek() == Some(&wanted)
    }

    /// What stands behind a `$`.
    fn dollar(&mut self, word: &mut Builder, begun: usize) -> Result<(), String> {
        self.next();
        match self.chars.peek() {
            Some('{') => {
                self.next();
                let name = self.until('}', begun)?;
                word.piece(if is_name(&name) {
                    Piece::Variable(name)
                } else {
                    Piece::Runs
                });
            }
            Some('(') => {
                self.parenthesis(begun)?;
                word.piece(Piece::Runs);
            }
            Some(&c) if is_in_name(c) => {
                let mut name = String::new();
                while let Some(c) = self.chars.next_if(|c| is_in_name(*c)) {
                    name.push(c);
                }
                word.piece(Piece::Variable(name));
            }
            // What only the shell knows of itself.
            Some('$' | '?' | '!' | '#' | '*' | '@' | '-') => {
                self.next();
                word.piece(Piece::Runs);
            }
            _ => word.text.push('$'),
        }
        Ok(())
    }

    fn parenthesis(&mut self, begun: usize) -> Result<(), String> {
        let mut depth = 0_usize;
        while let Some(c) = self.next() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err(format!("line {begun}: a parenthesis that does not end"))
    }

    fn until(&mut self, end: char, begun: usize) -> Result<String, String> {
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == end {
                return Ok(text);
            }
            text.push(c);
        }
        Err(format!("line {begun}: a quote that does not end"))
    }
}

/// A word while it is read.
#[derive(Default)]
struct Builder {
    pieces: Word,
    text: String,
}

impl Builder {
    fn piece(&mut self, piece: Piece) {
        if !self.text.is_empty() {
            self.pieces
                .push(Piece::Text(std::mem::take(&mut self.text)));
        }
        self.pieces.push(piece);
    }

    fn done(mut self) -> Word {
        if !self.text.is_empty() || self.pieces.is_empty() {
            self.pieces.push(Piece::Text(self.text));
        }
        self.pieces
    }
}
