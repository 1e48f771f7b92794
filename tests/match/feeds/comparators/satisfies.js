// One line of standard input: VERSION, tab, range. Answers whether the range holds the version.
const path = require("path");
const npm = path.join(path.dirname(process.execPath), "..", "lib", "node_modules", "npm");
const places = ["/usr/share/nodejs/semver", "/usr/share/nodejs/npm", "/usr/lib/node_modules/npm", npm];
const semver = require(require.resolve("semver", { paths: places }));

for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [version, range] = line.split("\t");
  const readable = semver.valid(version) !== null && semver.validRange(range) !== null;
  console.log(readable ? Number(semver.satisfies(version, range)) : "x");
}
