using System.Text;
using System.Text.Json.Nodes;

namespace McpActors.Core.Audit;

/// <summary>
/// The parameters of an operation without a secret in them, in canonical form. Only <see cref="SecretHasher"/> makes
/// them (and whoever reads a record back), so that nobody can put raw parameters into a record by oversight.
/// </summary>
public sealed class AuditParameters : IEquatable<AuditParameters>
{
    private readonly byte[] _canonical;

    internal AuditParameters(ReadOnlyMemory<byte> canonical)
    {
        _canonical = canonical.ToArray();
    }

    /// <summary>The canonical JSON (RFC 8785), UTF-8.</summary>
    public ReadOnlyMemory<byte> Canonical => _canonical;

    /// <summary>A fresh copy as a node; null is the JSON literal <c>null</c>.</summary>
    public JsonNode? ToNode() => JsonNode.Parse(_canonical, documentOptions: AuditLeaf.ParseOptions);

    /// <inheritdoc/>
    public bool Equals(AuditParameters? other) => other is not null && _canonical.AsSpan().SequenceEqual(other._canonical);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AuditParameters);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_canonical);
        return hash.ToHashCode();
    }

    /// <summary>The canonical JSON as text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_canonical);
}
