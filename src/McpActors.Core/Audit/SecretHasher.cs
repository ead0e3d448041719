using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using McpActors.Core.Servers;

namespace McpActors.Core.Audit;

/// <summary>
/// Replaces secrets by HMAC-SHA-256 under a key of the installation: the log then shows that the same secret was used
/// twice, or that it changed, and nobody can guess it from the log, nor compare it with another installation's.
/// Immutable and safe from several threads.
/// </summary>
/// <remarks>
/// Taken for secret: what stands under a name that announces one (<see cref="SecretWords.Smells"/>), every value of
/// <c>env</c> and <c>headers</c>, the known secrets wherever they stand (also encoded, also within a longer text, in a
/// number or in a name), and what looks like a credential in a text, a URL or an argument list. A secret is hashed
/// by its text, whatever its JSON type, so that <c>"12345678"</c> and <c>12345678</c> are the same one. An object
/// under a secret name is hashed whole, because the secret may be a name within it; of an array, every element.
/// </remarks>
public sealed class SecretHasher
{
    /// <summary>What every hash begins with; 64 digits of lower-case hex follow.</summary>
    public const string Prefix = "hmac-sha256:";

    /// <summary>Bytes of an installation key at least.</summary>
    public const int ShortestKey = 32;

    private static readonly byte[] Domain = "mcpactors/audit-secret/v1\0"u8.ToArray();

    private enum Place
    {
        /// <summary>Nothing above it says that it is secret.</summary>
        Open,

        /// <summary>Below "env" or "headers".</summary>
        Below,

        /// <summary>An element of a list below "env" or "headers".</summary>
        Listed,
    }

    private readonly byte[] _key;
    private readonly KnownSecrets _known;

    /// <summary>A hasher for one installation.</summary>
    /// <param name="installationKey">Random bytes that never leave the installation; 32 or more. Copied.</param>
    /// <param name="knownSecrets">Values that are secret wherever they stand; trivial ones (<see cref="SecretWords.IsTrivial"/>) are not looked for.</param>
    /// <exception cref="ArgumentException">The key is shorter than <see cref="ShortestKey"/>.</exception>
    public SecretHasher(ReadOnlySpan<byte> installationKey, IEnumerable<string>? knownSecrets = null)
        : this(Copy(installationKey), new KnownSecrets(knownSecrets ?? []))
    {
    }

    private SecretHasher(byte[] key, KnownSecrets known)
    {
        _key = key;
        _known = known;
    }

    /// <summary>The same key with other known secrets.</summary>
    public SecretHasher Knowing(IEnumerable<string> secrets) => new(_key, new KnownSecrets(secrets));

    /// <summary>The keyed hash of one secret.</summary>
    public string Hash(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var text = Encoding.UTF8.GetBytes(_known.Original(secret));
        var input = new byte[Domain.Length + text.Length];
        Domain.CopyTo(input, 0);
        text.CopyTo(input, Domain.Length);
        var hash = HMACSHA256.HashData(_key, input);
        CryptographicOperations.ZeroMemory(input);
        CryptographicOperations.ZeroMemory(text);
        return Prefix + Convert.ToHexStringLower(hash);
    }

    /// <summary>A free text (a reason, an error) with known secrets and everything that looks like a credential hashed.</summary>
    public string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Replace(text, CredentialFinder.InUrl(text));
    }

    /// <summary>A name or an id with known secrets hashed; nothing is guessed, so that it stays searchable.</summary>
    public string Name(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Replace(text, []);
    }

    /// <summary>Parameters with every secret hashed.</summary>
    /// <returns>The parameters, or why they have no canonical form: nested deeper than 64, a number that JSON readers would round, half a surrogate pair, a name twice.</returns>
    public AuditParametersResult Parameters(JsonNode? parameters)
    {
        var options = new CanonicalJsonOptions { Strict = true, MaxDepth = AuditLeaf.MaxParameterDepth, MaxBytes = AuditLeaf.MaxBytes };
        var canonical = CanonicalJson.Of(parameters, options);
        if (!canonical.Ok)
        {
            return new AuditParametersResult(null, canonical.Fault);
        }

        // Read back from the canonical form: every number then has one text, and every string is well-formed.
        var node = JsonNode.Parse(canonical.Utf8.Span, documentOptions: AuditLeaf.ParseOptions);
        var hashed = CanonicalJson.Of(Plain(node), options);
        return new AuditParametersResult(hashed.Ok ? new AuditParameters(hashed.Utf8) : null, hashed.Fault);
    }

    /// <summary>
    /// An entry with its texts scrubbed: guesses and known secrets in the reasons and the error, known secrets alone in
    /// names and ids (operation, target, actor, rollback reference). Its parameters are scrubbed by their type.
    /// </summary>
    public AuditEntry Protect(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry with
        {
            Actor = entry.Actor with { Id = Name(entry.Actor.Id) },
            Operation = entry.Operation is { } operation ? Name(operation) : null,
            Target = entry.Target is { } target ? target with { Kind = Name(target.Kind), Id = Name(target.Id) } : null,
            Reason = entry.Reason is { } reason ? Text(reason) : null,
            Error = entry.Error is { Message: { } message } error ? error with { Message = Text(message) } : entry.Error,
            Rollback = entry.Rollback is { Reference: { } reference } rollback ? rollback with { Reference = Name(reference) } : entry.Rollback,
            Approvals = entry.Approvals.IsDefault ? [] : [.. entry.Approvals.Select(a => a.Reason is { } why ? a with { Reason = Text(why) } : a)],
        };
    }

    private static byte[] Copy(ReadOnlySpan<byte> key) => key.Length >= ShortestKey
        ? key.ToArray()
        : throw new ArgumentException($"An installation key has {ShortestKey} bytes or more.", nameof(key));

    private JsonNode? Plain(JsonNode? node) => node switch
    {
        JsonObject obj => Members(obj, Place.Open),
        JsonArray array => Elements(array),
        JsonValue value when value.TryGetValue<string>(out var text) => Text(text),
        JsonValue value => _known.Contains(value.ToJsonString()) ? Hash(value.ToJsonString()) : value.DeepClone(),
        _ => null,
    };

    private JsonNode Members(JsonObject obj, Place place)
    {
        // {"name": "API_KEY", "value": "…"}: the name stands beside the value instead of before it. Directly below
        // "env" the same two are variables that happen to be called so.
        var beside = place == Place.Below ? null : Beside(obj);
        var contained = place != Place.Open;
        var hashed = new JsonObject();
        foreach (var (name, value) in obj)
        {
            var isName = contained && beside is not null && name is "name" or "key";
            var secret = SecretNames.IsSecret(name) || (name == "value" && beside is not null && (contained || SecretNames.IsSecret(beside)));
            var shown = secret && !isName ? Secret(value)
                : SecretNames.HoldsSecrets(name) || (contained && !isName) ? Contained(value)
                : Plain(value);
            if (!hashed.TryAdd(Text(name), shown))
            {
                // Two forms of one secret as names: what cannot be told apart is hashed as a whole.
                return Hash(obj.ToJsonString());
            }
        }

        return hashed;
    }

    private static string? Beside(JsonObject obj)
    {
        if (!obj.ContainsKey("value"))
        {
            return null;
        }

        var name = obj["name"] ?? obj["key"];
        return name is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    // An argument list: "--token" says what the element after it is, whatever its type.
    private JsonArray Elements(JsonArray array)
    {
        var texts = array.Select(Argument).ToArray();
        var found = CredentialFinder.InArguments(texts);
        return new JsonArray([.. array.Select((element, i) =>
            element is JsonValue value && value.TryGetValue<string>(out _) ? Replace(texts[i], found[i])
            : element is not null && found[i].Count > 0 ? Hash(element.ToJsonString())
            : Plain(element))]);
    }

    private static string Argument(JsonNode? element) => element switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value => value.ToJsonString(),
        null => "",
        _ => "value",
    };

    // Below a secret name.
    private JsonNode? Secret(JsonNode? node) => node switch
    {
        null => null,
        JsonArray array => new JsonArray([.. array.Select(Secret)]),
        JsonValue value when value.TryGetValue<string>(out var text) => Whole(text),
        _ => Hash(node.ToJsonString()),
    };

    // Below "env" or "headers": the names may be shown, no value may.
    private JsonNode? Contained(JsonNode? node) => node switch
    {
        JsonObject obj => Members(obj, Place.Below),
        JsonArray array => new JsonArray([.. array.Select(Listed)]),
        _ => Secret(node),
    };

    private JsonNode? Listed(JsonNode? element) => element switch
    {
        JsonObject obj => Members(obj, Place.Listed),
        JsonValue value when value.TryGetValue<string>(out var line) => Line(line),
        _ => Contained(element),
    };

    // "NAME=value" of an environment, "Name: value" of a header.
    private string Line(string line)
    {
        var mark = line.AsSpan().IndexOfAny('=', ':');
        if (mark <= 0 || line.AsSpan(0, mark).ContainsAnyExcept(SecretNames.Characters))
        {
            return Whole(line);
        }

        var value = mark + 1;
        while (value < line.Length && line[value] == ' ')
        {
            value++;
        }

        return Text(line[..mark]) + line[mark..value] + Whole(line[value..]);
    }

    // A value that is secret from end to end; the scheme before a token ("Bearer") is none.
    private string Whole(string text)
    {
        var scheme = SecretNames.SchemeLength(text);
        return scheme == text.Length && scheme > 0 ? text : text[..scheme] + Hash(text[scheme..]);
    }

    private string Replace(string text, List<TextSpan> guessed)
    {
        var known = _known.Find(text);
        if (known.Count == 0 && guessed.Count == 0)
        {
            return text;
        }

        var replaced = new StringBuilder(text.Length + 64);
        var shown = 0;
        foreach (var (start, end) in TextSpans.Union([.. guessed, .. known]))
        {
            replaced.Append(text, shown, start - shown);
            shown = end;
            var at = start;
            foreach (var span in known.Where(span => span.Start >= start && span.End <= end))
            {
                replaced.Append(Piece(text, at, span.Start)).Append(Hash(text[span.Start..span.End]));
                at = span.End;
            }

            replaced.Append(Piece(text, at, end));
        }

        return replaced.Append(text, shown, text.Length - shown).ToString();
    }

    private string Piece(string text, int start, int end)
    {
        if (start >= end)
        {
            return "";
        }

        var piece = text[start..end];
        var inUrl = start >= 3 && text.AsSpan(start - 3, 3) is "://" && end < text.Length && text[end] == '@';
        if (inUrl && piece.IndexOf(':') is var colon and >= 0)
        {
            return Decoded(piece[..colon]) + ":" + Decoded(piece[(colon + 1)..]);
        }

        // What is left of "user:secret" or "secret@" when the secret itself is a known one.
        var bare = piece.Trim(':', '@');
        return bare.Length == 0 ? piece
            : inUrl || (start > 0 && text[start - 1] == '=') ? Decoded(piece)
            : piece.Replace(bare, Whole(bare), StringComparison.Ordinal);
    }

    private string Decoded(string text) => text.Length == 0 ? "" : Whole(Uri.UnescapeDataString(text));
}

/// <summary>Hashed parameters, or why there are none.</summary>
/// <param name="Parameters">The parameters, or null.</param>
/// <param name="Fault">Why there are none, or null.</param>
public sealed record AuditParametersResult(AuditParameters? Parameters, CanonicalJsonFault? Fault);
