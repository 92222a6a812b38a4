//! Who may make an account: everybody, whoever has an invitation, nobody; and the invitations. The secret of one stands in
//! the fragment of its link and is stored hashed.

use std::time::Duration;

use super::admin::By;
use super::{AccountError, Accounts, Client, Registration, Result, SignedIn, checked, token};
use crate::code::FieldError;
use crate::config::Registration as Mode;
use crate::ids::InvitationId;
use crate::model::{Cursor, Invitation, TokenHash};
use crate::policy::{Administration, may_administer};

/// What opens registration where it is not open to all. Secrets.
#[derive(Default)]
pub struct Pass {
    /// An invitation's.
    pub invite: Option<String>,
    /// The owner link's: it makes an account anywhere and is not used up by that; `claim` then makes the owner.
    pub claim: Option<String>,
}

/// What an invitation is to be.
#[derive(Clone, Debug)]
pub struct InvitationWish {
    /// For whom it is, in the inviter's words.
    pub note: String,
    pub max_uses: u32,
    pub lifetime: Duration,
}

const NOTE_CHARS: usize = 200;
/// Accounts that one invitation may make.
pub const USES_MAX: u32 = 1000;
/// And how long.
pub const LIFETIME_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// How somebody comes in.
enum Door {
    Open,
    By(TokenHash),
}

impl Accounts {
    /// Makes an account and signs it in. Where everybody may, an invitation is not looked at.
    ///
    /// # Errors
    /// `RegistrationClosed`, `InvitationNeeded`, `BadInvitation`, `Invalid`, `Taken`, `TooMany`, and what the pool or
    /// the store says.
    pub async fn register_by(&self, wish: Registration, pass: Pass, client: Client) -> Result<SignedIn> {
        if self.settings.registration == Mode::Closed && pass.claim.is_none() {
            return Err(AccountError::RegistrationClosed);
        }
        let names = checked(&wish)?;
        self.take_registration(client.address)?;
        let door = self.door(&pass).await?;
        let user = self.member(names, &wish.password).await?;
        match door {
            Door::Open => self.store.create_user(user.clone()).await?,
            // Counted with the account: of many at once no more get in than it has places.
            Door::By(hash) => {
                if !self.store.create_invited_user(user.clone(), &hash, self.clock.now()).await? {
                    return Err(AccountError::BadInvitation);
                }
            }
        }
        tracing::info!(user = %user.id, "registered");
        self.open_session(&user, &client).await
    }

    /// Looked at before the password is hashed, which costs.
    async fn door(&self, pass: &Pass) -> Result<Door> {
        let now = self.clock.now();
        if let Some(claim) = &pass.claim
            && self.settings.registration != Mode::Open
        {
            return match self.store.has_claim(&token::hash(claim), now).await? {
                true => Ok(Door::Open),
                false => Err(AccountError::BadClaim),
            };
        }
        match self.settings.registration {
            Mode::Open => Ok(Door::Open),
            Mode::Closed => Err(AccountError::RegistrationClosed),
            Mode::Invite => {
                let secret = pass.invite.as_ref().ok_or(AccountError::InvitationNeeded)?;
                let hash = token::hash(secret);
                match self.store.has_invitation(&hash, now).await? {
                    true => Ok(Door::By(hash)),
                    false => Err(AccountError::BadInvitation),
                }
            }
        }
    }

    /// A new invitation and its secret, which nobody can look up later.
    ///
    /// # Errors
    /// `NotAllowed`, `Invalid`.
    pub async fn invite(&self, by: By, wish: InvitationWish) -> Result<(Invitation, String)> {
        by.may(Administration::Invite)?;
        check(&wish)?;
        let (secret, now) = (self.random.token(), self.clock.now());
        let invitation = Invitation {
            id: InvitationId(self.random.object_id(now)),
            note: wish.note.trim().to_owned(),
            created_by: by.user(),
            created_at: now,
            expires_at: now.plus(wish.lifetime),
            max_uses: wish.max_uses,
            uses: 0,
        };
        self.store.create_invitation(invitation.clone(), token::hash(&secret)).await?;
        tracing::info!(invitation = %invitation.id, by = %by, uses = wish.max_uses, "made an invitation");
        Ok((invitation, secret))
    }

    /// All invitations, newest first; those that are used up or too old stay until they are revoked.
    ///
    /// # Errors
    /// `NotAllowed`.
    pub async fn invitations(
        &self,
        by: By,
        after: Option<Cursor<InvitationId>>,
        limit: usize,
    ) -> Result<Vec<Invitation>> {
        by.may(Administration::Invite)?;
        Ok(self.store.invitations(after, limit).await?)
    }

    /// Takes an invitation back; the accounts it made stay.
    ///
    /// # Errors
    /// `NotAllowed`, `NotFound`.
    pub async fn revoke_invitation(&self, by: By, id: InvitationId) -> Result<()> {
        by.may(Administration::Invite)?;
        if !self.store.revoke_invitation(id).await? {
            return Err(AccountError::NotFound);
        }
        tracing::info!(invitation = %id, by = %by, "revoked an invitation");
        Ok(())
    }
}

impl By {
    pub(super) fn may(&self, what: Administration) -> Result<()> {
        if may_administer(self.role(), what) { Ok(()) } else { Err(AccountError::NotAllowed) }
    }
}

fn check(wish: &InvitationWish) -> Result<()> {
    let field = |field, detail: &str| FieldError { field, detail: detail.into() };
    let mut errors = Vec::new();
    if !(1..=USES_MAX).contains(&wish.max_uses) {
        errors.push(field("maxUses", "An invitation makes 1 to 1000 accounts."));
    }
    if wish.lifetime.is_zero() || wish.lifetime > LIFETIME_MAX {
        errors.push(field("expiresInHours", "An invitation is good for 1 to 8760 hours, which is a year."));
    }
    if wish.note.chars().count() > NOTE_CHARS || wish.note.chars().any(char::is_control) {
        errors.push(field("note", "A note has at most 200 characters in one line."));
    }
    if errors.is_empty() { Ok(()) } else { Err(AccountError::Invalid(errors)) }
}
