using System.Security.Cryptography;
using System.Text;

namespace McpActors.Core.Servers;

/// <summary>
/// A server's declaration as everybody may see it: what the journal keeps, what crosses the wire, what the API shows.
/// Made from a <see cref="ServerDefinition"/> by <see cref="From"/>; no secret survives that.
/// </summary>
/// <param name="Name">The server's name.</param>
/// <param name="Transport">How it is spoken to.</param>
/// <param name="Command">The executable, or null for a remote server.</param>
/// <param name="Args">Its arguments; whatever looks like a credential is masked.</param>
/// <param name="EnvNames">Names of the variables added to its environment, sorted; never a value.</param>
/// <param name="Url">The endpoint without user info and with masked query values, or null.</param>
/// <param name="HeaderNames">Names of the added headers, sorted; never a value.</param>
/// <param name="Disabled">True where the file wants it not to run.</param>
/// <param name="Criticality"><c>low</c>, <c>normal</c>, <c>high</c> or <c>critical</c>.</param>
/// <param name="DependsOn">The servers that it needs.</param>
/// <param name="File">The file that declares it.</param>
/// <param name="Line">The line of its name in that file, from 1.</param>
public sealed record DeclaredServer(
    string Name,
    ServerTransport Transport,
    string? Command,
    IReadOnlyList<string> Args,
    IReadOnlyList<string> EnvNames,
    string? Url,
    IReadOnlyList<string> HeaderNames,
    bool Disabled,
    string Criticality,
    IReadOnlyList<string> DependsOn,
    string File,
    int Line)
{
    /// <summary>The public face of a definition.</summary>
    public static DeclaredServer From(ServerDefinition definition) => new(
        definition.Name,
        definition.Transport,
        definition.Process is { } process ? Redactor.Text(process.Command, definition.Secrets) : null,
        definition.Process is { } p ? Redactor.Arguments(p.Args, definition.Secrets) : [],
        definition.Process is { } e ? [.. e.Env.Keys.Order(StringComparer.Ordinal)] : [],
        definition.Url is null ? null : Redactor.Url(definition.Url, definition.Secrets),
        [.. definition.Headers.Keys.Order(StringComparer.Ordinal)],
        definition.Disabled,
        definition.Settings.Criticality,
        [.. definition.Settings.DependsOn],
        definition.Source.File,
        definition.Source.Line);

    /// <summary>
    /// SHA-256 in lower-case hex over everything declared but where it stands in the file, length-prefixed
    /// field by field so that no two declarations share an encoding. It covers names of variables, not their
    /// values: a hash of a short secret could be guessed.
    /// </summary>
    public string Digest()
    {
        var text = new StringBuilder("mcpactors/declared-server/v1\n");
        Add(Name);
        Add(Transport.ToString());
        Add(Command);
        AddAll(Args);
        AddAll(EnvNames);
        Add(Url);
        AddAll(HeaderNames);
        Add(Disabled ? "disabled" : "enabled");
        Add(Criticality);
        AddAll(DependsOn);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Add(string? field)
        {
            if (field is null)
            {
                text.Append("-\n");
                return;
            }

            text.Append(Encoding.UTF8.GetByteCount(field)).Append(':').Append(field).Append('\n');
        }

        void AddAll(IReadOnlyList<string> fields)
        {
            text.Append(fields.Count).Append('#');
            foreach (var field in fields)
            {
                Add(field);
            }
        }
    }
}
