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
    /// The value of a variable, or something else where it has none: `${NAME:-word}` and its like.
    Or(Box<Or>),
    /// The output of a command.
    Output,
    /// Something else that only a shell can tell, as it stands.
    Shell(String),
}

/// A variable and what stands in its place, see section 2.6.2 of the Shell Command Language,
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Or {
    /// The variable.
    pub(super) name: String,
    /// Whether an empty value counts as none.
    pub(super) empty_is_none: bool,
    /// What is done.
    pub(super) then: Then,
    /// The word behind the sign.
    pub(super) word: Word,
}

/// What is done about a variable that has a value, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The word is there instead of none.
    Default,
    /// The same, and the variable has it from then on.
    Assign,
    /// The word is there instead of a value.
    Instead,
    /// Nothing goes on without a value.
    Fail,
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
    let mut reader = Reader::of(text.trim_start_matches('\u{feff}'), 1);
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

/// What stands between the braces of `${}`.
fn braced(inner: &str, begun: usize, quotes: Quotes) -> Result<Piece, String> {
    let end = inner.find(|c| !is_in_name(c)).unwrap_or(inner.len());
    let (name, behind) = inner.split_at(end);
    let shell = || Ok(Piece::Shell(format!("${{{inner}}}")));
    if !is_name(name) {
        return shell();
    }
    let (empty_is_none, sign) = match behind.strip_prefix(':') {
        Some(sign) => (true, sign),
        None => (false, behind),
    };
    let mut chars = sign.chars();
    let then = match chars.next() {
        None if behind.is_empty() => return Ok(Piece::Variable(name.to_owned())),
        Some('-') => Then::Default,
        Some('=') => Then::Assign,
        Some('+') => Then::Instead,
        Some('?') => Then::Fail,
        _ => return shell(),
    };
    Ok(Piece::Or(Box::new(Or {
        name: name.to_owned(),
        empty_is_none,
        then,
        word: Reader::of(chars.as_str(), begun).operand(quotes)?,
    })))
}

/// Whether something stands within double quotes.
#[derive(Clone, Copy)]
enum Quotes {
    Outside,
    Within,
}

enum Token {
    Word(Word),
    End(Join),
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl<'a> Reader<'a> {
    fn of(text: &'a str, line: usize) -> Self {
        Reader {
            chars: text.chars().peekable(),
            line,
        }
    }

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
                // A line that goes on in the next one, between two words.
                '\\' if self.is_behind('\n') => {
                    self.next();
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
                // Redirections, and braces that make several words of one.
                '<' | '>' | '{' => {
                    self.next();
                    self.next_if('&');
                    word.piece(Piece::Shell(c.to_string()));
                }
                _ => self.part(c, &mut word, begun)?,
            }
        }
        Ok(word.done())
    }

    /// All that is left as one word, as behind a sign in `${}`. Within double quotes single ones mean
    /// nothing, and double ones go.
    fn operand(&mut self, quotes: Quotes) -> Result<Word, String> {
        let begun = self.line;
        let mut word = Builder::default();
        while let Some(&c) = self.chars.peek() {
            match (quotes, c) {
                (Quotes::Outside, _) => self.part(c, &mut word, begun)?,
                (Quotes::Within, '"') => drop(self.next()),
                (Quotes::Within, '\\') if self.is_behind('}') => drop(self.next()),
                (Quotes::Within, _) => self.quoted_part(c, &mut word, begun)?,
            }
        }
        Ok(word.done())
    }

    /// The part of a word that begins with a character.
    fn part(&mut self, c: char, word: &mut Builder, begun: usize) -> Result<(), String> {
        match c {
            '\'' => {
                self.next();
                word.text.push_str(&self.until('\'', begun)?);
            }
            '"' => {
                self.next();
                self.within_quotes(word, begun)?;
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
            _ => self.unquoted(c, word, begun, Quotes::Outside)?,
        }
        Ok(())
    }

    /// The part of a word within double quotes that begins with a character, but for their end.
    fn quoted_part(&mut self, c: char, word: &mut Builder, begun: usize) -> Result<(), String> {
        match c {
            '\\' => {
                self.next();
                match self.next() {
                    Some('\n') => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => word.text.push(c),
                    Some(c) => word.text.extend(['\\', c]),
                    None => word.text.push('\\'),
                }
            }
            _ => self.unquoted(c, word, begun, Quotes::Within)?,
        }
        Ok(())
    }

    /// The part of a word that begins with no quote.
    fn unquoted(
        &mut self,
        c: char,
        word: &mut Builder,
        begun: usize,
        quotes: Quotes,
    ) -> Result<(), String> {
        match c {
            '$' => self.dollar(word, begun, quotes)?,
            '`' => {
                self.next();
                self.until('`', begun)?;
                word.piece(Piece::Output);
            }
            _ => {
                word.text.push(c);
                self.next();
            }
        }
        Ok(())
    }

    fn within_quotes(&mut self, word: &mut Builder, begun: usize) -> Result<(), String> {
        while let Some(&c) = self.chars.peek() {
            if c == '"' {
                self.next();
                return Ok(());
            }
            self.quoted_part(c, word, begun)?;
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
    fn dollar(&mut self, word: &mut Builder, begun: usize, quotes: Quotes) -> Result<(), String> {
        self.next();
        match self.chars.peek() {
            Some('{') => {
                self.next();
                let inner = self.braces(begun)?;
                word.piece(braced(&inner, begun, quotes)?);
            }
            Some('(') => {
                self.parenthesis(begun)?;
                word.piece(Piece::Output);
            }
            Some(&c) if is_in_name(c) => {
                let mut name = String::new();
                while let Some(c) = self.chars.next_if(|c| is_in_name(*c)) {
                    name.push(c);
                }
                word.piece(Piece::Variable(name));
            }
            // Sums, as they were written of old.
            Some('[') => word.piece(Piece::Shell("$[".to_owned())),
            // What only the shell knows of itself.
            Some(&c @ ('$' | '?' | '!' | '#' | '*' | '@' | '-')) => {
                self.next();
                word.piece(Piece::Shell(format!("${c}")));
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

    /// What stands between braces, with quotes and braces within.
    fn braces(&mut self, begun: usize) -> Result<String, String> {
        let mut text = String::new();
        let (mut depth, mut quote) = (1_usize, None);
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    text.push(c);
                    text.extend(self.next());
                    continue;
                }
                '\'' | '"' if quote == Some(c) => quote = None,
                '\'' | '"' if quote.is_none() => quote = Some(c),
                '{' if quote.is_none() => depth += 1,
                '}' if quote.is_none() => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(text);
            }
            text.push(c);
        }
        Err(format!("line {begun}: a brace that does not end"))
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
