/** Makes a picture of a page a third as big: its few colours are named once, in a palette. */

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;
/** How many of a colour's eight bits are kept, as many as leave 256 colours. */
const PRECISIONS = [8, 7, 6, 5, 4];

/** The same PNG (8 bits a channel, no alpha needed, as Chromium writes it) with a palette; near colours become one. */
export function withPalette(/** @type {Buffer} */ png) {
  const parts = [...chunks(png)];
  const head = parts.find(({ type }) => type === "IHDR").data;
  const [width, height, channels] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const data = inflateSync(Buffer.concat(parts.filter(({ type }) => type === "IDAT").map((part) => part.data)));
  const pixels = unfiltered(data, width * channels, height, channels);
  for (const bits of PRECISIONS) {
    const made = indexed(pixels, width, height, channels, bits);
    if (made) return Buffer.concat([png.subarray(0, SIGNATURE), ...written(head, made)]);
  }
  return png;
}

function* chunks(/** @type {Buffer} */ png) {
  for (let at = SIGNATURE; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

/** The bytes of all rows, as they were before each was written as a difference from its neighbours (PNG §9). */
function unfiltered(data, stride, height, channels) {
  const out = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1) {
    const [from, to] = [row * (stride + 1), row * stride];
    const filter = data[from];
    for (let column = 0; column < stride; column += 1) {
      const left = column < channels ? 0 : out[to + column - channels];
      const up = row === 0 ? 0 : out[to + column - stride];
      const corner = row === 0 || column < channels ? 0 : out[to + column - stride - channels];
      out[to + column] = data[from + 1 + column] + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const [byLeft, byUp, byCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

/** Rows of numbers of colours, and the colours; nothing where these bits leave too many. */
function indexed(pixels, width, height, channels, bits) {
  const mask = (0xff << (8 - bits)) & 0xff;
  const names = new Map();
  const palette = [];
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const [red, green, blue] = pixels.subarray(pixel * channels, pixel * channels + 3);
    const key = ((red & mask) << 16) | ((green & mask) << 8) | (blue & mask);
    if (!names.has(key)) {
      if (names.size === 256) return null;
      names.set(key, names.size);
      palette.push(red, green, blue);
    }
    rows[Math.floor(pixel / width) * (width + 1) + 1 + (pixel % width)] = names.get(key);
  }
  return { rows, palette: Buffer.from(palette) };
}

function written(head, { rows, palette }) {
  const described = Buffer.from(head);
  described[8] = 8;
  described[9] = 3;
  return [chunk("IHDR", described), chunk("PLTE", palette), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))];
}

function chunk(/** @type {string} */ type, /** @type {Buffer} */ data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
