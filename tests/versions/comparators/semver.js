// node-semver's compare over pairs on standard input: -1, 0, 1, or x where it refuses one.
const path = require("path");
const beside = path.join(path.dirname(process.execPath), "..", "lib", "node_modules", "npm", "node_modules");
const places = ["/usr/share/nodejs", beside, "/usr/share/nodejs/npm/node_modules", "/usr/lib/node_modules/npm/node_modules"];
const semver = require(require.resolve("semver", { paths: places.concat(places.map((p) => p + "/semver")) }));

const lines = require("fs").readFileSync(0, "utf8").split("\n");
lines.pop();
const out = lines.map((line) => {
  const [a, b] = line.split("\t");
  try {
    return semver.compare(a, b);
  } catch (error) {
    return "x";
  }
});
process.stdout.write(out.join("\n") + "\n");
