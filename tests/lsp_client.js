// A real client of the Language Server Protocol: starts `almanac lsp`, opens a document, and does what the lines of
// standard input say, each a JSON list: ["open", path, text], ["change", path, text],
// ["edit", path, [startLine, startCharacter, endLine, endCharacter, text], …], or [method, path, line, character].
// Prints the answer of each as a line of JSON; of open, change and edit the diagnostics that follow.
// Usage: node tests/lsp_client.js ALMANAC DIRECTORY MODULES
const [almanac, directory, modules] = process.argv.slice(2);
const lsp = require(modules + "/vscode-languageserver-protocol/node");
const { spawn } = require("child_process");
const { pathToFileURL } = require("url");

const child = spawn(almanac, ["lsp", "--stdio"], { cwd: directory, stdio: ["pipe", "pipe", "inherit"] });
const connection = lsp.createProtocolConnection(
  new lsp.StreamMessageReader(child.stdout), new lsp.StreamMessageWriter(child.stdin));
const uri = (path) => pathToFileURL(directory + "/" + path).href;
const waiting = {};
let version = 0;
connection.onNotification(lsp.PublishDiagnosticsNotification.type, (params) => {
  const resolve = waiting[params.uri];
  delete waiting[params.uri];
  if (resolve) resolve(params.diagnostics);
});
connection.listen();

async function act([what, path, ...more]) {
  const textDocument = { uri: uri(path) };
  if (what === "open" || what === "change" || what === "edit") {
    const diagnostics = new Promise((resolve) => { waiting[uri(path)] = resolve; });
    version++;
    if (what === "open") {
      await connection.sendNotification(lsp.DidOpenTextDocumentNotification.type,
        { textDocument: { ...textDocument, languageId: "lua", version, text: more[0] } });
    } else if (what === "edit") {
      const contentChanges = more.map(([line, character, endLine, endCharacter, text]) =>
        ({ range: { start: { line, character }, end: { line: endLine, character: endCharacter } }, text }));
      await connection.sendNotification(lsp.DidChangeTextDocumentNotification.type,
        { textDocument: { ...textDocument, version }, contentChanges });
    } else {
      await connection.sendNotification(lsp.DidChangeTextDocumentNotification.type,
        { textDocument: { ...textDocument, version }, contentChanges: [{ text: more[0] }] });
    }
    return diagnostics;
  }
  const params = more.length ? { textDocument, position: { line: more[0], character: more[1] } } : { textDocument };
  return connection.sendRequest(what, params).catch((error) => ({ error: { code: error.code, message: error.message } }));
}

async function main() {
  const lines = require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line);
  const hello = await connection.sendRequest(lsp.InitializeRequest.type,
    { processId: process.pid, rootUri: pathToFileURL(directory).href, capabilities: {} });
  await connection.sendNotification(lsp.InitializedNotification.type, {});
  console.log(JSON.stringify(hello));
  for (const line of lines) console.log(JSON.stringify(await act(JSON.parse(line))));
  await connection.sendRequest(lsp.ShutdownRequest.type);
  await connection.sendNotification(lsp.ExitNotification.type);
  child.on("exit", (code) => process.exit(code));
}
main().catch((error) => { console.error(error); process.exit(1); });
