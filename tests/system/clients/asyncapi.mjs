// Parses an AsyncAPI document with the reference parser: prints its messages, or its faults and ends with 1.
import { readFileSync } from "node:fs";
import asyncapi from "@asyncapi/parser";

const { document, diagnostics } = await new asyncapi.Parser().parse(readFileSync(process.argv[2], "utf8"));
const faults = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version"); // there is a 3.1, too
for (const { code, message, path } of faults) console.log(code, message, path.join("/"));
if (faults.length || !document) process.exit(1);
for (const id of document.components().messages().all().map((one) => one.name()).sort()) console.log(id);
