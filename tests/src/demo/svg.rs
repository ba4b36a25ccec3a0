//! A screen of a terminal as an SVG picture (SVG 1.1): a line of text for each run of cells that look
//! alike, held to its columns whatever font there is.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Pixels of a cell.
const CELL: (u16, u16) = (9, 20);
/// Pixels around the screen.
const MARGIN: u16 = 12;
/// Pixels from the upper edge of a cell to the line that letters stand on.
const BASE: u16 = 15;

/// How a run of cells looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    ink: &'static str,
    ground: &'static str,
    bold: bool,
}

/// The picture.
pub(super) fn of(screen: &Buffer) -> String {
    let area = screen.area;
    let width = area.width.saturating_mul(CELL.0) + 2 * MARGIN;
    let height = area.height.saturating_mul(CELL.1) + 2 * MARGIN;
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"15\">\n\
         <title>The dashboard of OpenMultiStack</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let (run, columns) = run(screen, x, y);
            picture.push_str(&written(&run, look(&screen[(x, y)]), (x, y, columns)));
            x += columns.max(1);
        }
    }
    picture.push_str("</svg>\n");
    picture
}

/// The text from a cell on that looks like it, and its columns.
fn run(screen: &Buffer, x: u16, y: u16) -> (String, u16) {
    let first = look(&screen[(x, y)]);
    let mut text = String::new();
    let mut columns = 0;
    while x + columns < screen.area.width {
        let cell = &screen[(x + columns, y)];
        if look(cell) != first {
            break;
        }
        text.push_str(cell.symbol());
        columns += 1;
    }
    (text, columns)
}

fn written(text: &str, look: Look, (x, y, columns): (u16, u16, u16)) -> String {
    let left = MARGIN + x.saturating_mul(CELL.0);
    let top = MARGIN + y.saturating_mul(CELL.1);
    let width = columns.saturating_mul(CELL.0);
    let Look { ink, ground, bold } = look;
    let mut written = String::new();
    if ground != GROUND {
        let height = CELL.1;
        written = format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\n"
        );
    }
    if text.trim().is_empty() {
        return written;
    }
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    let line = top + BASE;
    let text = escaped(text);
    let line = format!(
        "<text x=\"{left}\" y=\"{line}\" textLength=\"{width}\" xml:space=\"preserve\" \
         fill=\"{ink}\"{weight}>{text}</text>\n"
    );
    written + &line
}

/// What stands for itself in a text of XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const GROUND: &str = "#16181d";

fn look(cell: &Cell) -> Look {
    let ink = colour(cell.fg).unwrap_or("#d5d8dd");
    let ground = colour(cell.bg).unwrap_or(GROUND);
    let (ink, ground) = if cell.modifier.contains(Modifier::REVERSED) {
        (ground, ink)
    } else {
        (ink, ground)
    };
    Look {
        ink,
        ground,
        bold: cell.modifier.contains(Modifier::BOLD),
    }
}

/// A colour as a terminal of today shows it; `None` for the terminal's own.
const fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Black => "#16181d",
        Color::Red => "#d75f5f",
        Color::Green => "#87c270",
        Color::Yellow => "#e5c07b",
        Color::Blue => "#5f87d7",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#56b6c2",
        Color::Gray => "#d5d8dd",
        Color::DarkGray => "#7f8691",
        Color::LightRed => "#f28b82",
        Color::LightGreen => "#a5d88f",
        Color::LightYellow => "#f6d88f",
        Color::LightBlue => "#8ab4f8",
        Color::LightMagenta => "#d7a5e8",
        Color::LightCyan => "#8fd7e0",
        Color::White => "#ffffff",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn runs_are_held_to_their_columns_and_signs_of_xml_are_put_in_words() {
        let mut screen = Buffer::empty(Rect::new(0, 0, 12, 2));
        screen.set_string(0, 0, "a<b>&", Style::new().fg(Color::LightRed));
        screen.set_string(2, 1, "on", Style::new().add_modifier(Modifier::REVERSED));
        let picture = of(&screen);
        let line = "<text x=\"12\" y=\"27\" textLength=\"45\" xml:space=\"preserve\" \
                    fill=\"#f28b82\">a&lt;b&gt;&amp;</text>";
        assert!(picture.contains(line), "{picture}");
        let ground = "<rect x=\"30\" y=\"32\" width=\"18\" height=\"20\" fill=\"#d5d8dd\"/>";
        assert!(picture.contains(ground), "{picture}");
        assert_eq!(picture.matches("<text").count(), 2, "{picture}");
    }
}
