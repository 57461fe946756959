/** The bytes in base64, in pieces. Three bytes are four characters: what is left of a piece goes before the next one. */
export async function* inBase64(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let left: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    const bytes = left.length > 0 ? Buffer.concat([left, piece]) : piece;
    const whole = bytes.length - (bytes.length % 3);
    left = bytes.subarray(whole);
    yield bytes.toString('base64', 0, whole);
  }
  yield left.toString('base64');
}
