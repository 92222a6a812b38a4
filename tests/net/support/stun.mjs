// A STUN server (RFC 8489) that tells everybody his address, as the public ones do: for the control, which makes
// calls without a relay. Run in a namespace: node stun.mjs ADDRESS PORT
import { createSocket } from 'node:dgram';

const [address, port] = process.argv.slice(2);
const BINDING_REQUEST = 0x0001;
const COOKIE = 0x2112a442;

const socket = createSocket('udp4');
socket.on('message', (request, from) => {
  if (request.length < 20 || request.readUInt16BE(0) !== BINDING_REQUEST || request.readUInt32BE(4) !== COOKIE) return;
  const answer = Buffer.alloc(32);
  answer.writeUInt16BE(0x0101, 0);
  answer.writeUInt16BE(12, 2);
  request.copy(answer, 4, 4, 20);
  answer.writeUInt16BE(0x0020, 20);
  answer.writeUInt16BE(8, 22);
  answer.writeUInt16BE(0x0001, 24);
  answer.writeUInt16BE(from.port ^ (COOKIE >>> 16), 26);
  const ip = from.address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  answer.writeUInt32BE((ip ^ COOKIE) >>> 0, 28);
  socket.send(answer, from.port, from.address);
});
socket.bind(Number(port), address, () => process.stdout.write('ready\n'));
