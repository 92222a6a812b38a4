//! The whole relay in simulated time, with browsers made for tests.

mod gates;
mod group;
mod loss;
mod moves;
mod numbers;
mod offers;
mod paths;
mod reports;
mod restarts;
mod strangers;
mod transports;
mod world;

use std::time::Duration;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rtc::rtp::Packet;

use self::world::{World, assert_seamless, config, names, udp};
use super::*;
use crate::api::{DownReason, PathKind, Quality};
use crate::quality;
use crate::rtcp::{self, Block, Item};
use crate::testing::{Browser, CHROMIUM, FIREFOX, Heard, Profile};

const ROOM: RoomId = RoomId(1);
const GCM: Profile = Profile::Srtp_Aead_Aes_128_Gcm;
