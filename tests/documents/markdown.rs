//! The parts of a Markdown text that the tests look at.

/// The text below a heading, up to the next heading of the same or a higher rank.
pub(crate) fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, below) = text.split_once(&format!("\n{heading}\n")).expect(heading);
    let rank = heading.bytes().take_while(|byte| *byte == b'#').count();
    let ends = (1..=rank).filter_map(|rank| below.find(&format!("\n{} ", "#".repeat(rank))));
    &below[..ends.min().unwrap_or(below.len())]
}

/// The fenced blocks of a language.
pub(crate) fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let starts = text.match_indices(&fence).map(|(at, _)| at + fence.len());
    starts.map(|at| text[at..].split("```").next().unwrap()).collect()
}

/// The cells of the tables in a text, without the head rows.
pub(crate) fn rows(text: &str) -> Vec<Vec<&str>> {
    let mut rows = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("|--") {
            let body = lines.by_ref().take_while(|line| line.starts_with('|'));
            rows.extend(
                body.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()),
            );
        }
    }
    rows
}

/// The code in a cell: the text in backticks.
pub(crate) fn codes(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A cell that holds code and nothing else.
pub(crate) fn only_code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`').filter(|code| !code.contains('`'))
}

/// A text without its fenced blocks and code in backticks, in which nothing is a link or a heading.
pub(crate) fn without_code(text: &str) -> String {
    let outside_of_blocks: Vec<&str> = text.split("```").step_by(2).collect();
    outside_of_blocks.concat().split('`').step_by(2).collect()
}

/// The anchors of the headings, as GitHub and rustdoc make them.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let outside_of_blocks: String = text.split("```").step_by(2).collect();
    let heading = |line: &str| {
        let title = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
        let kept = |c: char| match c {
            ' ' => Some('-'),
            c => (c.is_alphanumeric() || c == '-' || c == '_').then(|| c.to_ascii_lowercase()),
        };
        Some(title.chars().filter_map(kept).collect())
    };
    outside_of_blocks.lines().filter_map(heading).collect()
}
