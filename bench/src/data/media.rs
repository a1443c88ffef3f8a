//! Tracks and publications, as workflows leave them: two tracks, and what is published of them for players.
//!
//! In a tenant they come about step by step, by uploads and workflows. Here they are put where these would leave them, since nothing
//! else follows from them; a test has the data layer's own rules look at the result.

use anyhow::Result;
use lectern_data::media::{Element, Publication, files};
use rusqlite::{Connection, params};
use serde_json::json;

use super::Dice;

/// Puts media into events.
pub struct Maker {
    dice: Dice,
}

impl Maker {
    /// A maker that makes the same whenever the seed is the same.
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed) }
    }

    /// Gives an event tracks, and publishes most.
    pub fn publish(&mut self, connection: &Connection, event: &str) -> Result<()> {
        let duration = 1_800_000 + self.dice.below(5_400_000) as i64;
        let tracks = ["presenter/source", "presentation/source"].map(|flavor| self.track(flavor, duration));
        let publications: Vec<Publication> = match self.dice.below(20) {
            0..3 => Vec::new(),
            _ => vec![self.publication(&tracks)],
        };
        let channels: Vec<&str> = publications
            .iter()
            .map(|publication| publication.channel.as_str())
            .collect();
        let is_published = !publications.is_empty();
        let text = |json: serde_json::Value| is_published.then(|| json.to_string());
        let mut update = connection.prepare_cached(
            "UPDATE event SET publication_status = ?, has_previews = ?, processing_state = 'SUCCEEDED' WHERE identifier = ? RETURNING id",
        )?;
        let row: i64 = update.query_row(params![text(json!(channels)), is_published, event], |row| row.get(0))?;
        connection
            .prepare_cached("INSERT INTO event_media (id, media, publications) VALUES (?, ?, ?)")?
            .execute(params![row, json!(tracks).to_string(), text(json!(publications))])?;
        let mut insert = connection.prepare_cached("INSERT INTO file (identifier, event_id) VALUES (?, ?)")?;
        for file in files(&tracks, &publications) {
            insert.execute(params![file, row])?;
        }
        Ok(())
    }

    fn track(&mut self, flavor: &str, duration: i64) -> Element {
        let streams = json!([
            { "identifier": "video-1", "bitrate": 1_800_000.0 + self.dice.below(900_000) as f64, "framecount": duration / 40,
              "framerate": 25.0, "frameheight": 720, "framewidth": 1280 },
            { "identifier": "audio-1", "bitrate": 128_000.0, "channels": 2, "samplingrate": 48_000, "bitdepth": 16 },
        ]);
        Element {
            duration: Some(duration),
            streams: streams.as_array().cloned().unwrap_or_default(),
            tags: vec!["archive".to_owned(), "engage-download".to_owned()],
            ..self.element(flavor, "video/mp4", "video.mp4")
        }
    }

    fn publication(&mut self, tracks: &[Element]) -> Publication {
        let id = self.dice.identifier();
        let published = |dice: &mut Dice, track: &Element| Element {
            id: dice.identifier(),
            reference: format!("track:{}", track.id),
            tags: vec!["engage-download".to_owned(), "720p-quality".to_owned()],
            ..track.clone()
        };
        Publication {
            channel: "engage-player".to_owned(),
            mimetype: "text/html".to_owned(),
            url: format!("/player/{id}"),
            media: tracks.iter().map(|track| published(&mut self.dice, track)).collect(),
            attachments: ["presenter/search+preview", "presenter/player+preview"]
                .map(|flavor| self.element(flavor, "image/jpeg", "preview.jpg"))
                .to_vec(),
            metadata: vec![self.element("dublincore/episode", "text/xml", "episode.xml")],
            id,
        }
    }

    fn element(&mut self, flavor: &str, mimetype: &str, name: &str) -> Element {
        let id = self.dice.identifier();
        Element {
            flavor: flavor.to_owned(),
            file: id.clone(),
            id,
            name: name.to_owned(),
            mimetype: mimetype.to_owned(),
            size: 10_000 + self.dice.below(500_000_000) as u64,
            checksum: format!(
                "{:016x}{:016x}",
                self.dice.below(usize::MAX),
                self.dice.below(usize::MAX)
            ),
            ..Element::default()
        }
    }
}
