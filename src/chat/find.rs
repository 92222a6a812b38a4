//! Search over one's own conversations. Pages are cut from windows of the newest candidates: within a window the best hit
//! comes first, then the next window follows. So a search costs a window, however much there is to find.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::search::{self, Mark};
use super::{Chat, ChatError, Result, draft, view};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::model::{Conversation, Message, SearchQuery};
use crate::policy::{Action, may};

/// Candidates that are ranked together.
const WINDOW: usize = 200;
/// Bytes of a question.
const QUESTION_MAX: usize = 256;

/// What somebody looks for.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    pub from: Option<UserId>,
    pub conversation: Option<ConversationId>,
    pub before: Option<Timestamp>,
    pub after: Option<Timestamp>,
}

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindCursor {
    /// In the window whose newest candidate this is, so many hits on.
    Within(MessageId, u16),
    /// In the window of what is older than this.
    Below(MessageId),
}

/// A message that was found, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    pub message: Message,
    pub marks: Vec<Mark>,
}

impl Chat {
    /// A page of hits; `limit` is cut to 1–100. A page may be empty although there is a next one.
    pub async fn find(
        &self,
        user: UserId,
        question: &Question,
        cursor: Option<FindCursor>,
        limit: usize,
    ) -> Result<(Vec<Found>, Option<FindCursor>)> {
        self.count_send(user)?;
        let words = search::question(&question.text);
        if words.is_empty() || question.text.len() > QUESTION_MAX {
            let detail = "Write at least one word to look for, and at most 256 bytes.";
            return Err(ChatError::Invalid(vec![draft::field("q", detail)]));
        }
        let query = SearchQuery {
            user,
            words,
            from: question.from,
            conversation: question.conversation,
            before: question.before,
            after: question.after,
            upto: cursor.map(|cursor| match cursor {
                FindCursor::Within(id, _) => (id, true),
                FindCursor::Below(id) => (id, false),
            }),
        };
        let candidates = self.store.search_messages(&query, WINDOW).await?;
        let (Some(newest), Some(oldest)) = (candidates.first(), candidates.last()) else {
            return Ok((Vec::new(), None));
        };
        let (newest, oldest, whole) = (newest.id, oldest.id, candidates.len() < WINDOW);
        let mut hits: Vec<_> = (candidates.into_iter())
            .filter_map(|message| Some((search::judge(&message.content, &query.words)?, message)))
            .collect();
        // Stable: of equals the newer comes first.
        hits.sort_by_key(|(hit, _)| std::cmp::Reverse(hit.score));
        let skip = match cursor {
            Some(FindCursor::Within(_, skip)) => usize::from(skip),
            Some(FindCursor::Below(_)) | None => 0,
        };
        let (total, limit) = (hits.len(), limit.clamp(1, super::PAGE_MAX));
        let page = hits.into_iter().skip(skip).take(limit);
        let page: Vec<Found> = page.map(|(hit, message)| Found { message, marks: hit.marks }).collect();
        let page = self.as_seen(user, page).await?;
        let next = match () {
            () if skip + limit < total => {
                Some(FindCursor::Within(newest, u16::try_from(skip + limit).unwrap_or(u16::MAX)))
            }
            () if whole => None,
            () => Some(FindCursor::Below(oldest)),
        };
        Ok((page, next))
    }

    /// Each message as the asker may see it.
    async fn as_seen(&self, user: UserId, found: Vec<Found>) -> Result<Vec<Found>> {
        let mut known: HashMap<ConversationId, Conversation> = HashMap::new();
        for Found { message, .. } in &found {
            if let Entry::Vacant(unknown) = known.entry(message.conversation) {
                unknown.insert(self.known(message.conversation).await?);
            }
        }
        self.veil(user, known.values_mut()).await?;
        let seen = found.into_iter().filter_map(|Found { message, marks }| {
            let of = known.get(&message.conversation)?;
            // He may have left, or been put out, since it was found.
            may(user, Action::ReadMessage(of, &message))
                .then(|| Found { message: view::for_member(message, of, user), marks })
        });
        Ok(seen.collect())
    }
}
