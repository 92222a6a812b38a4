//! Search in MongoDB: the text index on `content`, which follows every change by itself. It finds whole words, in any
//! order, and of several at least one; phrases in quotes then demand the others, as texts within the text.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};

use super::conversations::ConversationDoc;
use super::marks;
use super::messages::MessageDoc;
use super::values::{date, int, limit};
use super::{Base, Mongo};
use crate::model::{Conversation, Message, SearchQuery};
use crate::store::Result;
use crate::store::search::SearchStore;

#[async_trait]
impl SearchStore for Mongo {
    async fn search_messages(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Message>> {
        search(&self.base, query, limit).await
    }
}

async fn search(m: &Base, query: &SearchQuery, most: usize) -> Result<Vec<Message>> {
    let mut own = doc! { "members": query.user.0 };
    if let Some(id) = query.conversation {
        own.insert("_id", id.0);
    }
    let own: Vec<ConversationDoc> = m.conversations.find(own).await?.try_collect().await?;
    if own.is_empty() || query.words.is_empty() || most == 0 {
        return Ok(Vec::new());
    }
    let found = m.messages.find(filter(query, &own)).sort(doc! { "_id": -1 }).limit(limit(most)).await?;
    let found: Vec<MessageDoc> = found.try_collect().await?;
    let mut ids: Vec<ObjectId> = found.iter().map(|d| d.conversation).collect();
    ids.sort_unstable();
    ids.dedup();
    let receipts = marks::of(m, &ids).await?;
    let known: HashMap<ObjectId, Conversation> = (own.into_iter())
        .filter(|c| ids.binary_search(&c.id).is_ok())
        .map(|c| (c.id, c.with(&receipts)))
        .collect();
    Ok(found.into_iter().filter_map(|d| Some(d.clone().with(known.get(&d.conversation)?))).collect())
}

fn filter(query: &SearchQuery, own: &[ConversationDoc]) -> Document {
    // Words hold letters and digits only: nothing in them ends a phrase or negates.
    let phrases: Vec<String> = query.words.iter().map(|word| format!("\"{word}\"")).collect();
    let whole: Vec<ObjectId> = own.iter().filter(|c| from_seq(c, query) <= 1).map(|c| c.id).collect();
    let mut places = vec![doc! { "conversation": { "$in": whole } }];
    let parts = own.iter().filter(|c| from_seq(c, query) > 1);
    places.extend(parts.map(|c| doc! { "conversation": c.id, "seq": { "$gte": from_seq(c, query) } }));
    let mut filter = doc! {
        "$text": { "$search": phrases.join(" "), "$caseSensitive": false, "$diacriticSensitive": false },
        "$or": places,
        "system": { "$exists": false },
    };
    if let Some(user) = query.from {
        filter.insert("fromUser", user.0);
    }
    let mut time = Document::new();
    if let Some(at) = query.before {
        time.insert("$lt", date(at));
    }
    if let Some(at) = query.after {
        time.insert("$gte", date(at));
    }
    if !time.is_empty() {
        filter.insert("createdAt", time);
    }
    if let Some((id, inclusive)) = query.upto {
        filter.insert("_id", doc! { if inclusive { "$lte" } else { "$lt" }: id.0 });
    }
    filter
}

/// The first message that the asker may see.
fn from_seq(conversation: &ConversationDoc, query: &SearchQuery) -> i64 {
    let place = conversation.places.iter().find(|place| place.user == query.user.0);
    place.map_or(int(0), |place| place.from_seq)
}
