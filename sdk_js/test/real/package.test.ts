/** Promise: the package exports these names and no others, and its own types explain each of them with an example. */

import { readFile } from "node:fs/promises";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const PACKAGE = new URL("../../package.json", import.meta.url);

/** The names of each entry, in alphabetical order; adding one is a decision, taking one away a broken page. */
const NAMES: Readonly<Record<string, string>> = {
  ".": `
    AnyForm Assist AuthRequiredError By ClaimedCart ClaimedForm ClosedError Conflict ConflictError ConnectionStatus Draft
    DraftEvent DraftState DraftStatus DraftStorage Edits Field FieldState GetToken Handoff HandoffOptions HandoffTo Help HelpApproval HelpChoice HelpRequest Helper
    HistoryItem InspectedChange InspectedDraft Inspection Json Kept KeptSnapshot List ListItem ListOptions ListedDraft
    NetworkError OfferedHandoff Page Partly Patch Path Place Position RateLimitedError Receipt RedeemOptions Rejected RejectedError Retoma
    RetomaError RetomaOptions RetomaStorage Row Seen Side SignInOptions Snapshot StaffAnswer StorageError Surroundings TokenReason
    TokenReply Touched UnsentChangesError Unsubscribe ValueAt createRetoma isRetomaError memoryStorage`,
  "./form": "BindOptions Control FormDraft Names OnProblem Texts bindForm",
  "./cart":
    "Adding Attribute Cart CartCompletion CartLine CartSnapshot CartTotals CartWarning Identity LineInfo LineRef LineValue Price PriceChange PriceChangedError QuantityUnavailableError UnavailableLine cartOf lineKey",
  "./assist": "Assist Assisting Emergency HandBackOptions HandedBack Lookup LookupOptions Touchpoint assistOf",
  "./devices": "Device Devices devicesOf",
  "./requests": "HelpApproval HelpChoice HelpRequest HelpRequests requestsOf",
  "./element": "defineRetomaForm",
  "./react": "RetomaProvider UsedCart UsedDraft UsedField UsedHandoff useCart useDraft useDraftField useDraftForm useHandoff useRetoma useSaveStatus",
  "./native": "AppStates AsyncStrings NativeParts Networks appSurroundings asyncStorage loadStorage nativeOptions",
};

interface Entry {
  readonly types: string;
}

const { exports: entries } = JSON.parse(await readFile(PACKAGE, "utf8")) as { exports: Record<string, Entry | string> };
const typed = Object.entries(entries).filter((entry): entry is [string, Entry] => typeof entry[1] !== "string");
const files = typed.map(([, { types }]) => new URL(types, PACKAGE).pathname);
const program = ts.createProgram(files, { noEmit: true, skipLibCheck: true, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext });
const checker = program.getTypeChecker();

/** What an entry exports, as it is declared. */
function exportsOf(types: string): ReadonlyMap<string, ts.Symbol> {
  const file = program.getSourceFile(new URL(types, PACKAGE).pathname);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${types} is no module: npm run build`);
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, declared(symbol)]));
}

const declared = (symbol: ts.Symbol): ts.Symbol => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

const isExplained = (symbol: ts.Symbol): boolean => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== "";

const hasExample = (symbol: ts.Symbol): boolean => symbol.getJsDocTags(checker).some((tag) => tag.name === "example" && (tag.text ?? []).length > 0);

describe.each(typed)("%s", (name, { types }) => {
  it("exports what it promises", () => {
    expect([...exportsOf(types).keys()].toSorted()).toEqual(NAMES[name]?.trim().split(/\s+/));
  });

  it("explains every name, with an example", () => {
    const unexplained = [...exportsOf(types)].filter(([, symbol]) => !isExplained(symbol) || !hasExample(symbol));
    expect(unexplained.map(([each]) => each)).toEqual([]);
  });
});

it("has types that hold together", () => {
  expect(program.getSyntacticDiagnostics()).toEqual([]);
});
