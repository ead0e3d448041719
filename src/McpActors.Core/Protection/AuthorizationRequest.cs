using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace McpActors.Core.Protection;

/// <summary>
/// One request for one mutation. Immutable: it is the bytes of <see cref="Canonical"/>, and every property is read from
/// the values that made them. These bytes are shown, approved (by their digest), journaled and executed.
/// </summary>
public sealed class AuthorizationRequest : IEquatable<AuthorizationRequest>
{
    /// <summary>The domain of the digest and the value of <c>format</c>.</summary>
    public const string Format = "mcpactors/authorization-request/v1";

    /// <summary>How long a request lives, from its creation: 30 minutes. At <see cref="ExpiresAt"/> it is over.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <summary>The longest canonical form, in bytes: 16 MiB.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private readonly byte[] _canonical;

    private AuthorizationRequest(Content content, byte[] canonical)
    {
        Values = content;
        _canonical = canonical;
        Digest = DigestOf(canonical);
    }

    /// <summary>The id that the server gave it.</summary>
    public RequestId Id => Values.Id;

    /// <summary>The operation's exact name.</summary>
    public string Operation => Values.Operation;

    /// <summary>What is changed: an explicit list, sorted by kind and id, with what was there when it was asked for.</summary>
    public ImmutableArray<TargetState> Targets => Values.Targets;

    /// <summary>The operation's parameters.</summary>
    public CanonicalObject Parameters => Values.Parameters;

    /// <summary>Who asks, and alone may execute.</summary>
    public PrincipalId Requester => Values.Requester;

    /// <summary>What the requester was when asking.</summary>
    public PrincipalKind RequesterKind => Values.RequesterKind;

    /// <summary>Why; may be empty where the tier needs no reason.</summary>
    public string Reason => Values.Reason;

    /// <summary>The consent that it needs.</summary>
    public ApprovalTier Tier => Values.Tier;

    /// <summary>Distinct approvals that it needs: 1 or 2.</summary>
    public int RequiredApprovals => Values.Tier.RequiredApprovals();

    /// <summary>The policy under which it was asked for.</summary>
    public PolicyRevision Policy => Values.Policy;

    /// <summary>Makes two requests for the same thing differ.</summary>
    public RequestNonce Nonce => Values.Nonce;

    /// <summary>Computed from the operation, the number of targets and the factors.</summary>
    public RiskLevel Risk => Values.Risk;

    /// <summary>The circumstances that count into the risk.</summary>
    public ImmutableArray<RiskFactor> RiskFactors => Values.RiskFactors;

    /// <summary>What will happen, in one sentence.</summary>
    public string Impact => Values.Impact;

    /// <summary>How often the same thing was denied lately: "denied 3× already".</summary>
    public int DeniedBefore => Values.DeniedBefore;

    /// <summary>When it was made, in whole seconds (rounded down).</summary>
    public DateTimeOffset CreatedAt => Values.CreatedAt;

    /// <summary>The first instant at which it is over: <see cref="CreatedAt"/> + <see cref="Lifetime"/>.</summary>
    public DateTimeOffset ExpiresAt => Values.CreatedAt + Lifetime;

    /// <summary>The RFC 8785 bytes.</summary>
    public ReadOnlyMemory<byte> Canonical => _canonical;

    /// <summary>SHA-256 over <see cref="Format"/>, a line feed and <see cref="Canonical"/>.</summary>
    public Sha256Hash Digest { get; }

    /// <summary>SHA-256 over operation, targets' names and parameters: equal for two requests that ask for the same.</summary>
    public Sha256Hash Subject => SubjectOf(Values.Operation, Values.Targets, Values.Parameters);

    internal Content Values { get; }

    /// <summary>The digest of canonical bytes.</summary>
    public static Sha256Hash DigestOf(ReadOnlySpan<byte> canonical) => Sha256Hash.Of(Format, canonical);

    /// <summary>The request of stored bytes.</summary>
    /// <exception cref="FormatException">The bytes are not exactly the canonical form of a request: the store is damaged.</exception>
    public static AuthorizationRequest FromCanonical(ReadOnlyMemory<byte> canonical)
    {
        var request = RequestFormat.Read(canonical) is { } content ? TryCreate(content) : null;
        return request is not null && request._canonical.AsSpan().SequenceEqual(canonical.Span)
            ? request
            : throw new FormatException("These are not the bytes of an authorization request.");
    }

    /// <inheritdoc/>
    public bool Equals(AuthorizationRequest? other) => other is not null && _canonical.AsSpan().SequenceEqual(other._canonical);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AuthorizationRequest);

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode();

    /// <summary>Id, operation and number of targets; nothing that a stranger wrote.</summary>
    public override string ToString() => $"{Id} {Operation} ({Targets.Length})";

    /// <summary>The request of these values, or null when one of them is out of its range or has no canonical form.</summary>
    internal static AuthorizationRequest? TryCreate(Content content)
    {
        if (!content.IsValid)
        {
            return null;
        }

        var canonical = CanonicalJson.Of(RequestFormat.Write(content), CanonicalJsonOptions.ForSigning);
        return canonical.Ok ? new AuthorizationRequest(content, canonical.Utf8.ToArray()) : null;
    }

    internal static Sha256Hash SubjectOf(string operation, ImmutableArray<TargetState> targets, CanonicalObject parameters)
    {
        var subject = new JsonObject
        {
            ["operation"] = operation,
            ["parameters"] = parameters.Node(),
            ["targets"] = new JsonArray([.. targets.Select(t => new JsonArray(t.Target.Kind, t.Target.Id))]),
        };
        return Sha256Hash.Of("mcpactors/authorization-subject/v1", CanonicalJson.Of(subject, CanonicalJsonOptions.ForSigning).Utf8.Span);
    }

    internal sealed record Content
    {
        public required RequestId Id { get; init; }

        public required string Operation { get; init; }

        public required ImmutableArray<TargetState> Targets { get; init; }

        public required CanonicalObject Parameters { get; init; }

        public required PrincipalId Requester { get; init; }

        public required PrincipalKind RequesterKind { get; init; }

        public required string Reason { get; init; }

        public required ApprovalTier Tier { get; init; }

        public required PolicyRevision Policy { get; init; }

        public required RequestNonce Nonce { get; init; }

        public required RiskLevel Risk { get; init; }

        public required ImmutableArray<RiskFactor> RiskFactors { get; init; }

        public required string Impact { get; init; }

        public required int DeniedBefore { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        public bool IsValid =>
            Id.IsValid && Nonce.IsValid && Requester.IsValid && Enum.IsDefined(RequesterKind) && Enum.IsDefined(Tier) && Enum.IsDefined(Risk)
            && Policy is { Number: >= 1 and <= PolicyRevision.MaxNumber, Hash.IsValid: true }
            && Operation is { Length: >= 1 and <= 64 } && Reasons.IsAcceptable(Reason) && DeniedBefore is >= 0 and <= 1_000_000
            && CreatedAt.Offset == TimeSpan.Zero && CreatedAt.Ticks % TimeSpan.TicksPerSecond == 0 && CreatedAt >= DateTimeOffset.UnixEpoch
            && !Targets.IsDefaultOrEmpty && Targets.All(t => t.IsValid) && Sorted(Targets)
            && !RiskFactors.IsDefault && RiskFactors.Length <= RiskFactor.MaxCount && RiskFactors.All(f => f.IsValid)
            && Unicode.IsWellFormed(Impact);

        // Strictly rising by name also means that no target is there twice.
        private static bool Sorted(ImmutableArray<TargetState> targets)
        {
            for (var i = 1; i < targets.Length; i++)
            {
                if (targets[i].Target.Kind != targets[0].Target.Kind
                    || string.CompareOrdinal(targets[i - 1].Target.Id, targets[i].Target.Id) >= 0)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
