//! The stable codes of refusals, the same in REST problems and in Socket.IO acks. Knows neither HTTP nor Socket.IO:
//! `http/problem.rs` gives each code its status, `socket/` puts it into the ack.

use std::time::Duration;

use serde::Serialize;

/// Why something was refused. The wire names stand in PROTOCOL.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Code {
    BadRequest,
    Invalid,
    Unauthenticated,
    WrongCredentials,
    Csrf,
    ForeignOrigin,
    Forbidden,
    RegistrationClosed,
    NotFound,
    MethodNotAllowed,
    Taken,
    Conflict,
    Busy,
    TooLarge,
    RangeNotSatisfiable,
    WrongHost,
    TooMany,
    UnusableOffer,
    Internal,
    Unavailable,
}

impl Code {
    pub const ALL: [Code; 20] = [
        Self::BadRequest,
        Self::Invalid,
        Self::Unauthenticated,
        Self::WrongCredentials,
        Self::Csrf,
        Self::ForeignOrigin,
        Self::Forbidden,
        Self::RegistrationClosed,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Taken,
        Self::Conflict,
        Self::Busy,
        Self::TooLarge,
        Self::RangeNotSatisfiable,
        Self::WrongHost,
        Self::TooMany,
        Self::UnusableOffer,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "badRequest",
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::WrongCredentials => "wrongCredentials",
            Self::Csrf => "csrf",
            Self::ForeignOrigin => "foreignOrigin",
            Self::Forbidden => "forbidden",
            Self::RegistrationClosed => "registrationClosed",
            Self::NotFound => "notFound",
            Self::MethodNotAllowed => "methodNotAllowed",
            Self::Taken => "taken",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::TooLarge => "tooLarge",
            Self::RangeNotSatisfiable => "rangeNotSatisfiable",
            Self::WrongHost => "wrongHost",
            Self::TooMany => "tooMany",
            Self::UnusableOffer => "unusableOffer",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    /// A short name of the kind of refusal, the same for all of its occurrences (RFC 9457 `title`).
    pub fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request could not be understood",
            Self::Invalid => "A value cannot be used",
            Self::Unauthenticated => "Please sign in",
            Self::WrongCredentials => "Unknown user or wrong password",
            Self::Csrf => "The request did not come from our page",
            Self::ForeignOrigin => "The request came from a foreign page",
            Self::Forbidden => "Not allowed",
            Self::RegistrationClosed => "Registration is closed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "This method is not for this address",
            Self::Taken => "Already taken",
            Self::Conflict => "Not possible now",
            Self::Busy => "Already in a call",
            Self::TooLarge => "Too large",
            Self::RangeNotSatisfiable => "No such part",
            Self::WrongHost => "This server does not go by that name",
            Self::TooMany => "Too many attempts",
            Self::UnusableOffer => "The offer cannot be answered",
            Self::Internal => "Something went wrong on the server",
            Self::Unavailable => "The server cannot do that right now",
        }
    }
}

/// A field that was refused, and a sentence its user can act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: &'static str,
    pub detail: String,
}

/// A refusal on its way to a user: every service error turns into one. It holds nothing that a user must not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    /// A sentence the user can act on.
    pub detail: String,
    pub errors: Vec<FieldError>,
    pub retry_after: Option<Duration>,
}

impl Refusal {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_wire_name() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
