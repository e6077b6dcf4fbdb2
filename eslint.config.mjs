import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** AssemblyScript: another language in the same syntax, so no type-aware rule applies here. */
const ASSEMBLYSCRIPT = [
  "shared/**/*.ts",
  "plugins/**/*.ts",
  "build/template/plugin/**/*.ts",
  "**/assembly/**/*.ts",
  "test/**/{driver,drivers,probe}/**/*.ts",
];

/** Files that a gateway runs but that must not touch raw memory. */
const PLUGINS = [
  "plugins/**/*.ts",
  "build/template/plugin/**/*.ts",
  "examples/**/assembly/**/*.ts",
];

const member = (object, property, message) => ({
  selector: `MemberExpression[object.name='${object}'][property.name='${property}']`,
  message,
});

const call = (name, message) => ({ selector: `CallExpression[callee.name='${name}']`, message });

/** What asc compiles without a word and a gateway then refuses to load, or dies of. */
const NOT_IN_A_GATEWAY = [
  {
    selector: "ThrowStatement",
    message: "throw traps the whole VM: return null, a status or a result field instead.",
  },
  {
    selector: "TryStatement",
    message: "AssemblyScript has no exceptions: return null, a status or a result field instead.",
  },
  {
    selector: "MemberExpression[object.name='console']",
    message: "console imports a function no gateway has: use the log of proxy-wasm-as.",
  },
  {
    selector: "MemberExpression[object.name='performance']",
    message: "performance imports a function no gateway has: use the clock of proxy-wasm-as.",
  },
  {
    selector: "Identifier[name='Date']",
    message: "Date imports env.Date.now, which no gateway has: use the clock of proxy-wasm-as.",
  },
  member("Math", "random", "Math.random imports env.seed: use the random of proxy-wasm-as."),
  call("trace", "trace imports env.trace, which no gateway has: use the log of proxy-wasm-as."),
  call("parseFloat", "parseFloat adds 2 KB and takes strings: use the numbers of as-json."),
  {
    selector: "MemberExpression[property.name=/^(toLowerCase|toUpperCase)$/]",
    message: "Unicode case tables add 10 KB: use lowerCase of @ai-gateway-wasm/bytes.",
  },
  {
    selector: "ImportDeclaration[source.value=/^(\\.\\.\\/)+(shared|plugins|build|test)\\//]",
    message: "A relative import that leaves the package is compiled twice: import it by its name.",
  },
];

/** What only `shared/` may do: plugins work on slices and typed objects. */
const NOT_IN_A_PLUGIN = [
  call(
    "changetype",
    "Raw memory lives in shared/: use Slice and Builder of @ai-gateway-wasm/bytes.",
  ),
  {
    selector: "Decorator[expression.callee.name='external']",
    message: "Host calls are declared once, in shared/proxy-wasm-as: use its wrappers.",
  },
  {
    selector: "TSNonNullExpression",
    message: "A wrong ! traps: copy the value to a local, test it for null, use the local.",
  },
  {
    selector: "PropertyDefinition TSTypeReference[typeName.name='usize']",
    message: "The collector does not see a usize: keep a typed reference or a Slice.",
  },
];

const SIZES = {
  "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
  "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
  complexity: ["error", { max: 12, variant: "modified" }], // a switch counts once,
  "max-params": "off",
  "@typescript-eslint/max-params": ["error", { max: 5, countVoidThis: false }],
};

export default tseslint.config(
  {
    ignores: ["**/node_modules/", ".cache/", "build/envoy/", "build/higress/", "build/unit/"],
  },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      ...SIZES,
      eqeqeq: ["error", "smart"],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
    },
  },
  {
    files: ASSEMBLYSCRIPT,
    languageOptions: {
      // Decorators on functions are AssemblyScript's, not JavaScript's.
      parserOptions: { allowInvalidAST: true },
    },
    rules: {
      "no-undef": "off", // tsc knows the globals of AssemblyScript, ESLint does not
      eqeqeq: "off", // == compares values, === is the same operator
      "no-loss-of-precision": "off", // a literal may be an i64
      "prefer-const": "error",
      "@typescript-eslint/no-this-alias": "off",
      "@typescript-eslint/no-empty-function": "off", // callbacks a base class leaves empty
      // A length is an i32 and an id a u32: AssemblyScript's names are types, not wrappers.
      "@typescript-eslint/no-wrapper-object-types": "off",
      "@typescript-eslint/no-inferrable-types": "off", // a field without a type is i32 here
      "@typescript-eslint/ban-ts-comment": [
        "error",
        { "ts-expect-error": "allow-with-description" },
      ],
      // A class with a constructor has no literal form here: a record is made by its constructor.
      "@typescript-eslint/max-params": ["error", { max: 6 }],
      "no-restricted-syntax": ["error", ...NOT_IN_A_GATEWAY],
    },
  },
  {
    files: PLUGINS,
    rules: { "no-restricted-syntax": ["error", ...NOT_IN_A_GATEWAY, ...NOT_IN_A_PLUGIN] },
  },
  {
    // A byte parser branches once per class of byte; splitting it hides the grammar.
    files: ["shared/**/*.ts"],
    rules: { complexity: ["error", { max: 18, variant: "modified" }] },
  },
  {
    // A describe block is a list of cases and a scripted server a list of answers, not algorithms;
    // the host side of a call has as many parameters as the call.
    files: ["test/**/*.ts", "examples/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      complexity: ["error", { max: 20, variant: "modified" }],
      "@typescript-eslint/max-params": ["error", { max: 8 }],
    },
  },
  {
    // A test driver is a switchboard: one branch for each thing a test can ask of the module.
    files: ["test/**/{driver,drivers,probe}/**/*.ts", "test/**/assembly/**/*.ts"],
    rules: { complexity: "off", "max-lines": "off", "@typescript-eslint/max-params": "off" },
  },
  {
    // The signatures of the ABI are the specification's; their wrappers follow them.
    files: ["**/abi/**/*.ts", "**/assembly/abi.ts", "shared/proxy-wasm-as/assembly/host/**/*.ts"],
    rules: { "@typescript-eslint/max-params": "off" },
  },
  {
    // What a browser runs as it is.
    files: ["examples/**/page/*.js"],
    languageOptions: {
      globals: {
        document: "readonly",
        fetch: "readonly",
        setInterval: "readonly",
        EventSource: "readonly",
      },
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
