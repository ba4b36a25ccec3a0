//! Reads answers off a bare HTTP connection, for benchmarks that must not measure a client.

use anyhow::ensure;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// The next answer, head and body; it must tell its length.
///
/// # Errors
/// A connection that ends before the answer does.
pub async fn answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut buffer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&buffer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let line = line.to_ascii_lowercase();
                line.strip_prefix("content-length: ")?.parse::<usize>().ok()
            });
            if length.is_some_and(|length| body.len() >= length) {
                return Ok(text.into_owned());
            }
        }
        let read = stream.read_buf(&mut buffer).await?;
        ensure!(
            read > 0,
            "cut off after: {}",
            String::from_utf8_lossy(&buffer)
        );
    }
}
