/** Films for a browser's camera: what is drawn on a page, as uncompressed video that Chromium plays in a camera's stead. */

import { writeFile } from "node:fs/promises";

const [WIDTH, HEIGHT, FRAMES] = [640, 480, 4];

/** Switches for a browser whose only camera plays a film; it is read anew whenever the camera starts. */
export const camera = (/** @type {string} */ path) => ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${path}`];

/** Films an SVG as somebody holds it before a camera: askew, on a grey ground, not quite sharp. */
export async function film(page, svg, path) {
  const luma = Buffer.from(await page.evaluate(draw, { svg, width: WIDTH, height: HEIGHT }), "base64");
  const colourless = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, colourless]);
  await writeFile(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`), ...Array(FRAMES).fill(frame)]));
}

/** The brightness of every pixel; it runs in the page. */
async function draw({ svg, width, height }) {
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await picture.decode();
  const pencil = new OffscreenCanvas(width, height).getContext("2d");
  pencil.fillStyle = "#777";
  pencil.fillRect(0, 0, width, height);
  pencil.filter = "blur(1px) contrast(0.7)";
  pencil.translate(width / 2, height / 2);
  pencil.rotate(0.15);
  pencil.drawImage(picture, -150, -150, 300, 300);
  const { data } = pencil.getImageData(0, 0, width, height);
  const luma = Array.from({ length: width * height }, (_, at) => String.fromCharCode(data[4 * at]));
  return btoa(luma.join(""));
}
