/*
 * What the codes of configuration mean, for `zarish explain`.
 */
#include "config/codes.h"

/* clang-format off */
const struct err_code config_codes[] = {
    { "CFG-001", "A configuration file or directory cannot be read.",
      "Check the path and who may read it." },
    { "CFG-002", "There was not enough memory to read the configuration.",
      "Free memory, or split very large tables off into a database." },
    { "CFG-003", "A document begins with none of integration, channel, mapping, table, engine.",
      "Give it the key of its kind with its name, for example `channel: adt-in`. Several documents "
      "in one YAML file are separated by a line of three dashes." },
    { "CFG-004", "There is more than one engine document.", "Keep one of them." },
    { "CFG-005", "Two objects of a kind have the same name.", "Give one of them another name." },
    { "CFG-006", "A text with ${env:…} in it becomes longer than a text may be.",
      "Shorten the variable's value." },
    { "CFG-010", "A mapping is given as something that is neither a name nor an object.",
      "Write the name of a mapping document, or the rules themselves." },
    { "CFG-011", "A mapping that is named does not exist, or has errors of its own.",
      "Mend the errors listed for it, or correct the name." },
    { "CFG-012", "The URL of an endpoint does not fit the type of its integration.",
      "rest_api and fhir_api take http(s)://, hl7_v2 mllp(s)://, websocket ws(s)://, file_transfer "
      "sftp://, ftp(s):// or file:, database postgresql://, mysql:// or odbc:." },
    { "CFG-013", "This build has no connector for the protocol of a URL.",
      "Sources listen on mllp, mllps, http and https; endpoints also take null: and fault: for "
      "trying things out. Other protocols come with later versions." },
    { "CFG-014", "The method of an endpoint is missing or unknown.",
      "Use GET, POST, PUT, DELETE or PATCH." },
    { "CFG-015", "The source of a channel is no object or has no known type.",
      "Write source: { type: hl7_v2, listen: \"mllp://127.0.0.1:2575\" }." },
    { "CFG-016", "The source of a channel has no URL to listen on.",
      "Add listen, for example mllp://127.0.0.1:2575 or http://127.0.0.1:8080/in." },
    { "CFG-017", "A mapping reads another format than the channel brings.",
      "Use a mapping whose `from` is the channel's format, or set the channel's format." },
    { "CFG-018", "A destination names an endpoint that does not exist.",
      "Write integration/endpoint; an integration with one endpoint may stand alone." },
    { "CFG-019", "Two destinations of one channel go to the same endpoint.",
      "Join them into one whose `when` is true for either." },
    { "CFG-020", "A reference names a variable that does not begin with ZARISH_.",
      "Rename the variable: only ZARISH_… can be read, so that a configuration cannot pick "
      "anything else out of the environment." },
    { "CFG-021", "The environment variable of a secret is not set.",
      "Set it where the engine is started, or use ${file:…}." },
    { "CFG-022", "A secret is to come from the vault, and there is none here.",
      "Run the command against the engine, or use ${env:ZARISH_…} or ${file:…}." },
    { "CFG-023", "The id of an integration cannot be found out.",
      "Look for the reason in the engine's log; the configuration database may be damaged." },
    { "CFG-024", "An object of the API names a file.",
      "Files can be named in configuration files only. Use ${secret:NAME}, or write the rows of a "
      "table into its document." },
    { "CFG-025", "Tokens are to be signed with an algorithm that this version does not have.",
      "Use HS256, HS384 or HS512." },
    { "CFG-026", "Something that this kind of authentication needs is not there.",
      "Add the key that is named." },
    { "CFG-027", "A certificate or list of authorities is no PEM text.",
      "Give the text with its lines -----BEGIN CERTIFICATE-----, or a reference to it such as "
      "${file:client.pem}. Certificates in DER form are converted with `openssl x509 -inform der`." },
    { "CFG-028", "A certificate has no key beside it, or a key no certificate.", "Give both." },
    { "CFG-029", "Both `authentication` and `tls` have a certificate.",
      "Keep the one of `authentication`, and in `tls` only `ca`." },
    { "CFG-030", "An object of the API has the name of an object of the configuration files.",
      "Change the object in its file, or give the other one another name." },
    { "CFG-031", "An object of the API is no JSON object.", "Send one." },
    { "CFG-032", "The name in a document is not the name it is stored under.",
      "Leave the name out, or make them the same." },
    { "CFG-033", "A name has characters that names of paths and lanes cannot have.",
      "Leave out / { } $ and control characters." },
    { "CFG-034", "A URL holds a user or a password.",
      "URLs are shown and logged. Use `authentication: { type: basic, … }`." },
    { "CFG-035", "A header that says who we are stands in clear.",
      "Use a reference: ${secret:NAME}, ${env:ZARISH_NAME} or ${file:PATH}, also inside the text "
      "(\"Bearer ${secret:token}\")." },
    { "CFG-036", "The parameters of an endpoint are no object.", "Write { name: value }." },
    { "CFG-037", "The URL of an endpoint is none.",
      "Write scheme://host:port/path, without blanks around it." },
    { "CFG-038", "A document holds more secrets than a document may.",
      "Leave out what is none: in `authentication` every unknown key counts as a secret." },
    { "CFG-039", "A document refers to a secret that was sealed out of another integration.",
      "Give the value itself, or seal it under a name of its own: `zarish secret set NAME`." },
    { "CFG-040", "A document names a file of the engine's data directory.",
      "The engine keeps its own keys there. Put the file elsewhere below the configuration." },
    { "CFG-041", "A document names ZARISH_KEY, the credential of the command line.",
      "Give the secret a variable of its own, such as ZARISH_LAB_KEY." },
};
/* clang-format on */

const size_t config_n_codes = ZS_COUNT(config_codes);
