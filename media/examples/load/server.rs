//! The relay under load, in a process of its own, and its end of the line protocol: the parent writes requests
//! to its standard input, it writes answers to its standard output.
//!
//! `join ROOM ID LENGTH` and so many bytes of SDP → `LENGTH` and so many bytes of SDP; the gate is opened at once.
//! It ends when its input does.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use charla_media::Media;
use charla_media::api::{Config, Offer, ParticipantId, RoomId, TransportId};
use tokio::runtime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the server runs, as seen from the clients.
pub enum Place {
    Loopback,
    /// In a network namespace of this name, behind a veth pair.
    Veth(String),
}

const CLIENT_END: Ipv4Addr = Ipv4Addr::new(10, 213, 77, 1);
const SERVER_END: Ipv4Addr = Ipv4Addr::new(10, 213, 77, 2);

impl Place {
    /// Makes the namespace and the pair; they are gone again with the value.
    pub fn veth() -> Result<Place> {
        let name = format!("load{}", std::process::id());
        let (ours, theirs) = (format!("{name}a"), format!("{name}b"));
        ip(&format!("netns add {name}"))?;
        let place = Place::Veth(name.clone());
        ip(&format!("link add {ours} type veth peer name {theirs} netns {name}"))?;
        ip(&format!("addr add {CLIENT_END}/30 dev {ours}"))?;
        ip(&format!("link set {ours} up"))?;
        ip(&format!("-n {name} addr add {SERVER_END}/30 dev {theirs}"))?;
        ip(&format!("-n {name} link set {theirs} up"))?;
        ip(&format!("-n {name} link set lo up"))?;
        Ok(place)
    }

    /// The address that clients bind.
    pub fn clients(&self) -> IpAddr {
        match self {
            Place::Loopback => Ipv4Addr::LOCALHOST.into(),
            Place::Veth(_) => CLIENT_END.into(),
        }
    }

    fn command(&self) -> Result<Command> {
        let program = std::env::current_exe()?;
        let (mut command, address) = match self {
            Place::Loopback => (Command::new(program), Ipv4Addr::LOCALHOST),
            Place::Veth(name) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name]).arg(program);
                (command, SERVER_END)
            }
        };
        command.args(["--serve", &SocketAddr::from((address, 0)).to_string()]);
        Ok(command)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Veth(name) = self {
            // What cannot be taken down stays for the next look at `ip netns`.
            let _ = ip(&format!("netns del {name}"));
        }
    }
}

fn ip(arguments: &str) -> Result<()> {
    let status = Command::new("ip").args(arguments.split(' ')).status()?;
    if status.success() { Ok(()) } else { Err(format!("ip {arguments}: {status}").into()) }
}

/// The child's main: serves until its standard input ends.
pub fn serve(address: SocketAddr, gather: Duration) -> Result<()> {
    let (media, mut events) = Media::start(Config {
        udp: vec![address],
        announce_udp: Vec::new(),
        announce_tcp: Vec::new(),
        max_slots: 8,
        max_transports: 10_000,
        max_handshakes: 10_000,
        srtp_any: false,
        tcp_only: false,
        gather,
    })?;
    let runtime = runtime::Builder::new_current_thread().build()?;
    thread::spawn(move || {
        runtime::Builder::new_current_thread().build().map(|runtime| {
            runtime.block_on(async { while events.recv().await.is_some() {} });
        })
    });
    let (mut input, mut output) = (BufReader::new(io::stdin()), io::stdout());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let fields: Vec<u64> =
            line.split_whitespace().skip(1).map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [room, id, length] = fields[..] else { return Err("a request has three numbers".into()) };
        let mut sdp = vec![0; length as usize];
        input.read_exact(&mut sdp)?;
        let (room, participant, transport) = (RoomId(room), ParticipantId(id), TransportId(id));
        media.open_room(room);
        let offer = Offer { room, participant, transport, sdp: String::from_utf8(sdp)? };
        let answer = runtime.block_on(media.offer(offer))?;
        media.gate(room, participant, transport, true);
        write!(output, "{}\n{}", answer.sdp.len(), answer.sdp)?;
        output.flush()?;
        line.clear();
    }
    if let Some(stats) = runtime.block_on(media.stats()) {
        eprintln!("server: {stats:?}");
    }
    media.stop();
    Ok(())
}

/// The parent's end: the child, and what the system tells about it.
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// Processor time since the process began.
#[derive(Clone, Copy)]
pub struct Cpu {
    seconds: f64,
    user_ticks: u64,
    system_ticks: u64,
}

impl Cpu {
    /// Seconds spent since an earlier reading, and the share of them in the kernel.
    pub fn since(self, earlier: Cpu) -> (f64, f64) {
        let user = (self.user_ticks - earlier.user_ticks) as f64;
        let system = (self.system_ticks - earlier.system_ticks) as f64;
        (self.seconds - earlier.seconds, system / (user + system).max(1.0))
    }
}

impl Server {
    /// Starts this very program with `--serve`.
    pub fn spawn(place: &Place, gather: Duration) -> Result<Server> {
        let mut command = place.command()?;
        command.arg(gather.as_micros().to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("the child has no output")?);
        Ok(Server { child, input, output })
    }

    /// Has an offer answered.
    pub fn join(&mut self, room: u64, id: u64, offer: &str) -> Result<String> {
        let input = self.input.as_mut().ok_or("the child was stopped")?;
        write!(input, "join {room} {id} {}\n{offer}", offer.len())?;
        input.flush()?;
        let mut length = String::new();
        self.output.read_line(&mut length)?;
        let mut sdp = vec![0; length.trim().parse()?];
        self.output.read_exact(&mut sdp)?;
        Ok(String::from_utf8(sdp)?)
    }

    /// Time on a processor so far, of all threads: /proc/PID/task/*/schedstat counts nanoseconds, where
    /// /proc/PID/stat counts ticks of 10 ms; the latter tells which share of it was spent in the kernel.
    pub fn cpu(&self) -> Result<Cpu> {
        let process = format!("/proc/{}", self.child.id());
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(format!("{process}/task"))? {
            let times = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += times.split_whitespace().next().ok_or("an empty schedstat")?.parse::<u64>()?;
        }
        let stat = std::fs::read_to_string(format!("{process}/stat"))?;
        let after_name = stat.rsplit(')').next().ok_or("an empty stat")?;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |index: usize| -> Result<u64> { Ok(fields.get(index).ok_or("a short stat")?.parse()?) };
        Ok(Cpu { seconds: nanoseconds as f64 / 1e9, user_ticks: ticks(11)?, system_ticks: ticks(12)? })
    }

    /// Memory resident, kB, from /proc/PID/status.
    pub fn memory_kb(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().next().ok_or("an empty VmRSS")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends the child.
        self.input = None;
        let _ = self.child.wait();
    }
}
