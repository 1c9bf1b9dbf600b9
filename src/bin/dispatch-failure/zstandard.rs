//! Reading zstd files, which may contain several frames (RFC 8878, section 3.1).

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};
use std::io::{self, BufRead, Read};

/// Decodes all frames of a file.
pub(crate) struct Frames<R> {
    source: R,
    frame: Option<FrameDecoder>,
}

/// The number of bytes to decode at a time.
const CHUNK: usize = 64 * 1024;

impl<R: BufRead> Frames<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, frame: None }
    }

    /// Starts the next frame. Returns `false` at the end of the file.
    fn open(&mut self) -> io::Result<bool> {
        // The buffer is empty only at the end of the file.
        while !self.source.fill_buf()?.is_empty() {
            let mut frame = FrameDecoder::new();
            match frame.init(&mut self.source) {
                Ok(()) => {
                    self.frame = Some(frame);
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    // A skippable frame holds data of other programs.
                    io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                while frame.can_collect() == 0 && !frame.is_finished() {
                    // In portions, so that memory does not grow with the file.
                    let portion = BlockDecodingStrategy::UptoBytes(CHUNK);
                    frame.decode_blocks(&mut self.source, portion).map_err(damaged)?;
                }
                let read = frame.read(out)?;
                // With an empty buffer, 0 does not mean that the frame has ended.
                if read > 0 || out.is_empty() {
                    return Ok(read);
                }
                // The decoder calculates the checksum, but does not compare it.
                let expected = frame.get_checksum_from_data();
                if expected.is_some() && expected != frame.get_calculated_checksum() {
                    return Err(damaged("its checksum does not match"));
                }
                self.frame = None;
            }
            if !self.open()? {
                return Ok(0);
            }
        }
    }
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the zstd data is damaged: {error}"))
}
