//! A ZIP archive: as much of the format as a bill needs.

use std::io::{self, Write};

use flate2::Compression;
use flate2::Crc;
use flate2::write::DeflateEncoder;

/// Version 2.0 of the format: the first with deflate.
const VERSION: u16 = 20;
const DEFLATE: u16 = 8;
/// 1 January 1980, the first day that the format can say.
const DATE: u16 = 0x21;

struct Entry<'a> {
    name: &'a [u8],
    crc: u32,
    packed: Vec<u8>,
    size: u32,
    offset: u32,
}

/// Packs files by name. Names are bytes: whoever reads has to know their charset, as in life.
///
/// # Errors
///
/// When a file is larger than four gigabytes.
pub fn zip(files: &[(Vec<u8>, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut entries = Vec::new();
    for (name, bytes) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let entry = Entry {
            name,
            crc: crc.sum(),
            packed: encoder.finish()?,
            size: small(bytes.len())?,
            offset: small(out.len())?,
        };
        out.extend(b"PK\x03\x04");
        describe(&mut out, &entry)?;
        out.extend(entry.name);
        out.extend(&entry.packed);
        entries.push(entry);
    }
    let directory = small(out.len())?;
    for entry in &entries {
        out.extend(b"PK\x01\x02");
        out.extend(VERSION.to_le_bytes());
        describe(&mut out, entry)?;
        // No comment, first disk, no attributes.
        out.extend([0; 10]);
        out.extend(entry.offset.to_le_bytes());
        out.extend(entry.name);
    }
    let length = small(out.len())? - directory;
    let count = u16::try_from(entries.len()).map_err(io::Error::other)?;
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(directory.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// What the head of a file and its line in the directory have in common.
fn describe(out: &mut Vec<u8>, entry: &Entry<'_>) -> io::Result<()> {
    out.extend(VERSION.to_le_bytes());
    out.extend([0; 2]);
    out.extend(DEFLATE.to_le_bytes());
    out.extend([0; 2]);
    out.extend(DATE.to_le_bytes());
    out.extend(entry.crc.to_le_bytes());
    out.extend(small(entry.packed.len())?.to_le_bytes());
    out.extend(entry.size.to_le_bytes());
    let name = u16::try_from(entry.name.len()).map_err(io::Error::other)?;
    out.extend(name.to_le_bytes());
    out.extend([0; 2]);
    Ok(())
}

fn small(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}
