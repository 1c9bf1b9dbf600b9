//! Opening the input, compressed or not.

use crate::{progress::Counted, zstandard::Frames};
use flate2::bufread::MultiGzDecoder;
use std::{
    fs::{File, Metadata},
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

/// The size of the read buffers, in bytes.
pub(crate) const CHUNK: usize = 256 * 1024;

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
}

impl Source {
    /// Returns the sources that the arguments name; standard input if there are none.
    pub(crate) fn of(files: &[PathBuf]) -> Vec<Self> {
        let source =
            |path: &PathBuf| if path == Path::new("-") { Self::Stdin } else { Self::File(path.clone()) };
        if files.is_empty() { vec![Self::Stdin] } else { files.iter().map(source).collect() }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Returns the length in bytes, if it is known.
    pub(crate) fn len(&self) -> Option<u64> {
        let Self::File(path) = self else { return None };
        path.metadata().ok().filter(Metadata::is_file).map(|metadata| metadata.len())
    }

    /// Returns the total length in bytes, if it is known.
    pub(crate) fn total_length(sources: &[Self]) -> Option<u64> {
        // `None` if one of them is unknown, such as the length of a pipe.
        sources.iter().map(Self::len).sum()
    }

    /// Opens the source. The bytes read from it, before decompression, are added to `count`.
    pub(crate) fn open(&self, count: &Arc<AtomicU64>) -> io::Result<Opened> {
        let mut metadata = None;
        let raw: Box<dyn Read> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::File(path) => {
                let file = File::open(path)?;
                let found = file.metadata()?;
                // Unix opens a folder like a file, and only reading it fails, with a less helpful error.
                if found.is_dir() {
                    return Err(io::Error::other("it is a folder, not a file"));
                }
                metadata = Some(found);
                Box::new(file)
            }
        };
        let (reader, is_compressed) = decoded(Counted::new(raw, Arc::clone(count)))?;
        Ok(Opened { reader, is_compressed, metadata })
    }
}

/// An open source.
pub(crate) struct Opened {
    pub(crate) reader: BufReader<Box<dyn Read>>,
    pub(crate) is_compressed: bool,
    /// The metadata of the open file, whatever its path names by now.
    pub(crate) metadata: Option<Metadata>,
}

/// Decompresses the source if its first bytes say that it is compressed.
fn decoded(mut raw: Counted) -> io::Result<(BufReader<Box<dyn Read>>, bool)> {
    let mut magic = Vec::new();
    // A pipe may return fewer bytes at once, so one `read` is not enough.
    raw.by_ref().take(4).read_to_end(&mut magic)?;
    let is_gzip = magic.starts_with(&[0x1f, 0x8b]);
    // A frame (RFC 8878, section 3.1.1), or a skippable frame (section 3.1.2).
    let is_zstd = magic == [0x28, 0xb5, 0x2f, 0xfd]
        || magic.first().is_some_and(|first| first >> 4 == 5) && magic.ends_with(&[0x2a, 0x4d, 0x18]);
    // A pipe cannot be rewound, so the bytes are put in front again.
    let whole = Cursor::new(magic).chain(raw);
    let reader: Box<dyn Read> = if is_gzip {
        // Several gzip files, one after the other, are a gzip file too (RFC 1952, section 2.2).
        Box::new(MultiGzDecoder::new(buffered(whole)))
    } else if is_zstd {
        Box::new(Frames::new(buffered(whole)))
    } else {
        Box::new(whole)
    };
    Ok((BufReader::with_capacity(CHUNK, reader), is_gzip || is_zstd))
}

fn buffered(reader: impl Read) -> impl BufRead {
    BufReader::with_capacity(CHUNK, reader)
}
