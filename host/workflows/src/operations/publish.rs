//! `publish-…`, `republish-metadata` and `retract-…`: what is published of an event.
//!
//! What is published are elements that refer to the files of the tracks: nothing is copied. Only catalogs are new files, since what is
//! published stays as it is until somebody publishes again.

use super::{Job, Outcome, PUBLICATION_ID, RESERVED};
use crate::catalog;
use crate::select::{Selection, change_tags};
use crate::variables;
use lectern_data::media::{Element, Publication};
use percent_encoding::utf8_percent_encode;

/// The channel of the player.
const ENGAGE: &str = "engage-player";

/// How a publication that is there meets a new one.
enum Strategy {
    /// It is replaced.
    Replace,
    /// What has no new element of the same flavor stays.
    Merge,
    /// It must not be there.
    Fail,
}

/// What is to be published where.
struct Plan {
    channel: String,
    mimetype: String,
    url: String,
    selection: Selection,
    tags: String,
    strategy: Strategy,
}

pub(super) fn engage(job: &mut Job<'_>) -> Result<Outcome, String> {
    let plan = Plan {
        channel: ENGAGE.to_owned(),
        mimetype: "text/html".to_owned(),
        url: format!("/play/{}", utf8_percent_encode(&job.event.identifier, RESERVED)),
        selection: Selection::parse(
            job.option("download-source-flavors"),
            job.option("download-source-tags"),
        )?,
        tags: job.option("download-target-tags").to_owned(),
        strategy: strategy(job.option("strategy"))?,
    };
    publish(job, plan)
}

pub(super) fn configure(job: &mut Job<'_>) -> Result<Outcome, String> {
    let mimetype = match job.option("mimetype") {
        "" => "text/html",
        mimetype => mimetype,
    };
    let plan = Plan {
        channel: job.option("channel-id").to_owned(),
        mimetype: mimetype.to_owned(),
        url: job.option("url-pattern").to_owned(),
        selection: Selection::parse(job.option("source-flavors"), job.option("source-tags"))?,
        tags: job.option("target-tags").to_owned(),
        strategy: strategy(job.option("strategy"))?,
    };
    if plan.channel.is_empty() {
        return Err("the option 'channel-id' is empty".to_owned());
    }
    publish(job, plan)
}

fn strategy(text: &str) -> Result<Strategy, String> {
    match text {
        "" | "default" | "retract" | "retract-first" => Ok(Strategy::Replace),
        "merge" => Ok(Strategy::Merge),
        "fail" => Ok(Strategy::Fail),
        other => Err(format!(
            "the option 'strategy' is retract, merge or fail, not {other:?}"
        )),
    }
}

fn publish(job: &mut Job<'_>, plan: Plan) -> Result<Outcome, String> {
    if plan.selection.is_empty() {
        return Err("neither flavors nor tags say what is to be published".to_owned());
    }
    let selected: Vec<Element> = job
        .event
        .media
        .iter()
        .filter(|track| plan.selection.has(track))
        .cloned()
        .collect();
    if selected.is_empty() {
        return Ok(Outcome::Skipped("no track is selected".to_owned()));
    }
    let mut publications = job.event.publications.clone();
    let position = publications.iter().position(|known| known.channel == plan.channel);
    let before = position.map(|position| publications.remove(position));
    if before.is_some() && matches!(plan.strategy, Strategy::Fail) {
        return Err(format!(
            "the event is already published in the channel {:?}",
            plan.channel
        ));
    }
    let merged = before.filter(|_| matches!(plan.strategy, Strategy::Merge));
    let id = match &merged {
        Some(before) => before.id.clone(),
        None => job.files.new_identifier(),
    };
    let (attachments, media) = selected
        .into_iter()
        .map(|track| published(job, track, &plan.tags))
        .partition(|element| element.mimetype.starts_with("image/"));
    let mut publication = Publication {
        url: url(&plan.url, &id)?,
        id,
        channel: plan.channel,
        mimetype: plan.mimetype,
        media,
        attachments,
        metadata: catalogs(job)?,
    };
    if let Some(before) = merged {
        keep(&mut publication.media, before.media);
        keep(&mut publication.attachments, before.attachments);
        keep(&mut publication.metadata, before.metadata);
    }
    publications.insert(position.unwrap_or(publications.len()), publication);
    job.effect.publications = Some(publications);
    Ok(Outcome::Done)
}

/// The element that is published of a track.
fn published(job: &mut Job<'_>, track: Element, tags: &str) -> Element {
    let mut element = Element {
        id: job.files.new_identifier(),
        reference: format!("track:{}", track.id),
        ..track
    };
    change_tags(&mut element.tags, tags);
    element
}

/// Keeps what has no new element of the same flavor.
fn keep(new: &mut Vec<Element>, before: Vec<Element>) {
    let kept: Vec<Element> = before
        .into_iter()
        .filter(|old| !new.iter().any(|element| element.flavor == old.flavor))
        .collect();
    new.splice(0..0, kept);
}

/// The address of a publication. What is put in is encoded.
fn url(pattern: &str, id: &str) -> Result<String, String> {
    let value = |name: &str| (name == PUBLICATION_ID).then(|| utf8_percent_encode(id, RESERVED).to_string());
    variables::replace(pattern, &value).map_err(|error| format!("in the option 'url-pattern' {error}"))
}

/// New files with the metadata of the event and its series.
fn catalogs(job: &mut Job<'_>) -> Result<Vec<Element>, String> {
    let mut catalogs = vec![stored(
        job,
        "dublincore/episode",
        "episode.xml",
        &catalog::episode(job.event),
    )?];
    if let Some(series) = &job.event.series {
        catalogs.push(stored(
            job,
            "dublincore/series",
            "series.xml",
            &catalog::series(series),
        )?);
    }
    Ok(catalogs)
}

fn stored(job: &mut Job<'_>, flavor: &str, name: &str, xml: &str) -> Result<Element, String> {
    let mimetype = "text/xml";
    let file = job
        .files
        .store(name, mimetype, xml.as_bytes())
        .map_err(|error| format!("the catalog {flavor} cannot be stored: {error}"))?;
    Ok(Element {
        id: job.files.new_identifier(),
        flavor: flavor.to_owned(),
        file: file.identifier,
        name: name.to_owned(),
        mimetype: mimetype.to_owned(),
        size: file.size,
        checksum: file.checksum,
        ..Element::default()
    })
}

/// Replaces the catalogs of what is published already, in one channel or in all.
pub(super) fn republish_metadata(job: &mut Job<'_>) -> Result<Outcome, String> {
    let channel = job.option("channel-id").to_owned();
    let mut publications = job.event.publications.clone();
    let is_meant = |publication: &&mut Publication| channel.is_empty() || publication.channel == channel;
    let meant: Vec<&mut Publication> = publications.iter_mut().filter(is_meant).collect();
    if meant.is_empty() {
        return Ok(Outcome::Skipped("nothing is published there".to_owned()));
    }
    for publication in meant {
        // A catalog of a series that the event no longer belongs to goes.
        publication
            .metadata
            .retain(|catalog| !catalog.flavor.starts_with("dublincore/"));
        publication.metadata.extend(catalogs(job)?);
    }
    job.effect.publications = Some(publications);
    Ok(Outcome::Done)
}

pub(super) fn retract_engage(job: &mut Job<'_>) -> Result<Outcome, String> {
    retract_from(job, ENGAGE)
}

/// Takes back what is published, in one channel or in all.
pub(super) fn retract(job: &mut Job<'_>) -> Result<Outcome, String> {
    let channel = job.option("channel-id").to_owned();
    retract_from(job, &channel)
}

fn retract_from(job: &mut Job<'_>, channel: &str) -> Result<Outcome, String> {
    let mut publications = job.event.publications.clone();
    publications.retain(|publication| !channel.is_empty() && publication.channel != channel);
    if publications == job.event.publications {
        return Ok(Outcome::Skipped("nothing is published there".to_owned()));
    }
    job.effect.publications = Some(publications);
    Ok(Outcome::Done)
}
