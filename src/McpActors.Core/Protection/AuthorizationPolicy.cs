using System.Collections.Frozen;
using McpActors.Core.Servers;

namespace McpActors.Core.Protection;

/// <summary>Which policy: its author's number, and what it says. Two policies with one number differ in the hash.</summary>
/// <param name="Number">1 to 999,999,999; higher with every new policy.</param>
/// <param name="Hash">SHA-256 over the canonical document.</param>
public readonly record struct PolicyRevision(int Number, Sha256Hash Hash)
{
    /// <summary>The largest number.</summary>
    public const int MaxNumber = 999_999_999;

    /// <summary><c>NUMBER.HASH</c>, as in a token.</summary>
    public override string ToString() => $"{Number}.{Hash}";
}

/// <summary>What reading a policy file gave.</summary>
/// <param name="Policy">The policy, or null when a diagnostic is an error.</param>
/// <param name="Diagnostics">Every fault found, in the order of the file.</param>
public sealed record PolicyReading(AuthorizationPolicy? Policy, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>
/// Which mutations humans may approve, and how many humans it takes. A policy can raise an operation's tier or deny the
/// operation; it cannot lower a tier below <see cref="Operation.Mutation.LeastTier"/>, cannot allow a mutation without
/// approval, and what it does not name it denies.
/// </summary>
public sealed class AuthorizationPolicy
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "mcpactors-policy/v1";

    /// <summary>The policy of a fresh installation.</summary>
    public const string DefaultText = """
        {
          "format": "mcpactors-policy/v1",
          "revision": 1,
          "operations": {
            "restart": "one_approval",
            "start": "one_approval",
            "cleanup": "one_approval",
            "update": "one_approval_with_reason",
            "configure": "one_approval_with_reason",
            "stop": "one_approval_with_reason",
            "adopt_change": "one_approval_with_reason",
            "pin_tools": "one_approval_with_reason",
            "restore": "two_humans",
            "stop_all": "two_humans",
            "change_policy": "two_humans",
            "rotate_key": "two_humans",
            "set_baseline": "two_humans",
            "change_principal": "two_humans"
          }
        }
        """;

    private readonly FrozenDictionary<string, PolicyVerdict> _verdicts;

    internal AuthorizationPolicy(PolicyRevision revision, ReadOnlyMemory<byte> canonical, IReadOnlyDictionary<string, PolicyVerdict> verdicts)
    {
        Revision = revision;
        Canonical = canonical;
        _verdicts = verdicts.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Which policy this is.</summary>
    public PolicyRevision Revision { get; }

    /// <summary>The document as RFC 8785 bytes: what the journal keeps. <see cref="Read"/> reads it back.</summary>
    public ReadOnlyMemory<byte> Canonical { get; }

    /// <summary>Reads a policy file. Never throws for what stands in it.</summary>
    /// <param name="file">The file's name, for the diagnostics.</param>
    /// <param name="utf8">Its bytes.</param>
    public static PolicyReading Read(string file, ReadOnlyMemory<byte> utf8) => PolicyReader.Read(file, utf8);

    /// <summary>What the policy says about an operation of exactly that name.</summary>
    public PolicyVerdict For(string? operation) => Operations.Find(operation) switch
    {
        Operation.Read => PolicyVerdict.Allowed.Instance,
        Operation.Mutation mutation => _verdicts.GetValueOrDefault(mutation.Name) ?? new PolicyVerdict.Denied(DenialReason.NotInPolicy),
        _ => new PolicyVerdict.Denied(DenialReason.UnknownOperation),
    };
}
