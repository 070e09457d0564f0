// CouchDB's protocol, by express-pouchdb on LevelDB: one program, as it comes.
import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb";

const [port, folder] = process.argv.slice(2);
const Carts = PouchDB.defaults({ prefix: `${folder}/` });
const app = express();
app.use("/", expressPouchDB(Carts, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: `${folder}/log` }));
app.listen(Number(port), "127.0.0.1", () => console.log("listening"));
