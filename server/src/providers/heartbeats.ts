/**
 * An event stream reduced to events with data: without comments, empty data and other fields, by which proxies keep a
 * connection alive. For an SDK that takes them for a broken stream. What is no event stream still is none afterwards.
 */
export function withoutHeartbeats(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  /** What came of a line that has not ended. */
  let begun = '';
  let followsData = false;

  const isKept = (line: string): boolean => {
    const followed = followsData;
    const isBlank = line.trimEnd() === '';
    if (isBlank) followsData = false;
    else if (!/^(?::|(?:data:?\s*$)|(?:event|id|retry):)/.test(line)) followsData = true;
    else return false;
    return followed || !isBlank;
  };

  return new TransformStream({
    transform(piece, controller) {
      // A character for each byte, so that none is divided.
      const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      if (end > 0) {
        const lines = `${begun}${text.slice(0, end)}`.split(/(?<=\n)/);
        controller.enqueue(Buffer.from(lines.filter(isKept).join(''), 'latin1'));
        begun = '';
      }
      begun += text.slice(end);
    },
    flush(controller) {
      controller.enqueue(Buffer.from(begun, 'latin1'));
    },
  });
}
