//! Text in `$'...'`: quotes in which a backslash begins signs of C, as POSIX.1-2024 has it
//! (2.2.4, dollar-single-quotes) and bash before it.

/// What follows a backslash.
enum Escape {
    /// A byte, which may be one of several of a character.
    Byte(u8),
    /// A character.
    Char(char),
    /// Nothing that means anything: both signs stand for themselves.
    Plain(char),
}

/// Reads up to the quote that ends it, which it takes as well.
///
/// # Errors
/// A quote that does not end, and signs that are no text.
pub(super) fn quoted(next: &mut impl FnMut() -> Option<char>) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut put_back: Option<char> = None;
    loop {
        let Some(c) = put_back.take().or_else(&mut *next) else {
            return Err("a quote that does not end".to_owned());
        };
        match c {
            '\'' => break,
            '\\' => {
                let (escape, behind) = escape(next)?;
                put_back = behind;
                match escape {
                    Escape::Byte(byte) => bytes.push(byte),
                    Escape::Char(c) => push(&mut bytes, c),
                    Escape::Plain(c) => {
                        bytes.push(b'\\');
                        push(&mut bytes, c);
                    }
                }
            }
            c => push(&mut bytes, c),
        }
    }
    if bytes.contains(&0) {
        return Err("a NUL in $'...', which no variable can hold".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "bytes in $'...' that are not UTF-8".to_owned())
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What a backslash begins, and a character read too far.
fn escape(next: &mut impl FnMut() -> Option<char>) -> Result<(Escape, Option<char>), String> {
    let Some(c) = next() else {
        return Err("a quote that does not end".to_owned());
    };
    let byte = |byte| Ok((Escape::Byte(byte), None));
    match c {
        'a' => byte(0x07),
        'b' => byte(0x08),
        'e' | 'E' => byte(0x1b),
        'f' => byte(0x0c),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(0x0b),
        '\\' | '\'' | '"' | '?' => Ok((Escape::Char(c), None)),
        'c' => match next() {
            Some(c) if c.is_ascii() => {
                let low = u32::from(c.to_ascii_uppercase()) & 0x1f;
                byte(u8::try_from(low).unwrap_or_default())
            }
            _ => Err("\\c in $'...' without a control character".to_owned()),
        },
        // The high bits of three octal digits are cut off, as shells do.
        '0'..='7' => {
            let (value, behind) = number(Some(c), 3, 8, next);
            let low = value.unwrap_or_default() & 0xff;
            Ok((Escape::Byte(u8::try_from(low).unwrap_or_default()), behind))
        }
        'x' => {
            let (value, behind) = number(None, 2, 16, next);
            let escape = value.map_or(Escape::Plain('x'), |value| {
                Escape::Byte(u8::try_from(value).unwrap_or_default())
            });
            Ok((escape, behind))
        }
        'u' | 'U' => {
            let (value, behind) = number(None, if c == 'u' { 4 } else { 8 }, 16, next);
            let escape = match value {
                None => Escape::Plain(c),
                Some(value) => Escape::Char(
                    char::from_u32(value).ok_or("a character in $'...' that there is not")?,
                ),
            };
            Ok((escape, behind))
        }
        other => Ok((Escape::Plain(other), None)),
    }
}

/// A number of at most so many digits, and the character behind it if that had to be read.
fn number(
    first: Option<char>,
    digits_max: usize,
    radix: u32,
    next: &mut impl FnMut() -> Option<char>,
) -> (Option<u32>, Option<char>) {
    let mut value = first.and_then(|c| c.to_digit(radix));
    let begun = usize::from(value.is_some());
    for _ in begun..digits_max {
        let Some(c) = next() else { break };
        let Some(digit) = c.to_digit(radix) else {
            return (value, Some(c));
        };
        value = Some(
            value
                .unwrap_or_default()
                .wrapping_mul(radix)
                .wrapping_add(digit),
        );
    }
    (value, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As bash 5.2 has it, by `printf %s $'...'`.
    #[test]
    fn signs_are_what_bash_makes_of_them() {
        let of = |text: &str| {
            let mut chars = text.chars();
            quoted(&mut || chars.next())
        };
        for (written, meant) in [
            ("plain'", "plain"),
            (r"it\'s'", "it's"),
            (r#"\"\\\?'"#, "\"\\?"),
            (r"a\tb\nc'", "a\tb\nc"),
            (r"\x41\x4g'", "A\u{4}g"),
            (r"\101\18\0501'", "A\u{1}8(1"),
            (r"\xe6\x9d\xb1'", "\u{6771}"),
            (r"\u6771\U0001f600x'", "\u{6771}\u{1f600}x"),
            (r"\e\E\ca'", "\u{1b}\u{1b}\u{1}"),
            (r"\q\xg\ug'", r"\q\xg\ug"),
            ("$x `y`'", "$x `y`"),
        ] {
            assert_eq!(of(written).as_deref(), Ok(meant), "{written}");
        }
        for bad in ["open", r"open\", r"\0'", r"\xff'", r"\ud800'", r"\c"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
