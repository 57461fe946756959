// Imported first by every script, so that an old Node gets one clear line and not a stack trace.
// Written in the syntax and API of Node 14: everything the scripts import is parsed before this runs.
const minimum = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
  console.error(
    `Polylogue needs Node ${minimum.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}
