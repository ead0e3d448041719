using System.Text.Json;

namespace McpActors.Core.Audit;

/// <summary>
/// The searchable columns of a record. Texts of strangers stand in them as <see cref="AuditText.OneLine"/> shows them
/// (at most <see cref="MaxText"/> characters), so a filter's value goes through <see cref="Column"/> first.
/// </summary>
/// <param name="Sequence">The record's place, from 1.</param>
/// <param name="Time">Microseconds since 1970-01-01 UTC.</param>
/// <param name="Event">What happened.</param>
/// <param name="Outcome">The outcome's word.</param>
/// <param name="ActorKind">The word of the kind of principal.</param>
/// <param name="Actor">The principal's id.</param>
/// <param name="Operation">The operation, or null.</param>
/// <param name="TargetKind">The target's kind, or null.</param>
/// <param name="Target">The target's id, or null.</param>
/// <param name="Request">The authorization request, or null.</param>
/// <param name="Node">Where it was recorded.</param>
public sealed record ProjectionRow(
    long Sequence,
    long Time,
    string Event,
    string Outcome,
    string ActorKind,
    string Actor,
    string? Operation,
    string? TargetKind,
    string? Target,
    string? Request,
    string Node)
{
    /// <summary>Characters of a text column at most.</summary>
    public const int MaxText = 256;

    /// <summary>The row of a record.</summary>
    public static ProjectionRow Of(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var entry = record.Entry;
        return new ProjectionRow(
            record.Sequence,
            record.Time,
            Column(entry.Event)!,
            AuditWords.Of(entry.Outcome),
            AuditWords.Of(entry.Actor.Kind),
            Column(entry.Actor.Id)!,
            Column(entry.Operation),
            Column(entry.Target?.Kind),
            Column(entry.Target?.Id),
            Column(entry.Request),
            Column(entry.Node)!);
    }

    /// <summary>A text as it stands in its column; null stays null.</summary>
    public static string? Column(string? text) => text is null ? null : AuditText.OneLine(text, MaxText);
}

/// <summary>
/// What the verifier needs of a payload, read in one pass without building the record: reading a million records in
/// full would take longer than hashing them.
/// </summary>
internal sealed record LeafHeader(long Sequence, long Time, MerkleHash? Previous, ProjectionRow Row)
{
    /// <summary>Null when the bytes are no JSON object of a known schema with these members, each once and of its type.</summary>
    public static LeafHeader? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > AuditLeaf.MaxBytes)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = AuditLeaf.MaxParameterDepth + 8 });
            var fields = default(Fields);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !fields.ReadMembers(ref reader) || reader.Read())
            {
                return null;
            }

            return fields.ToHeader();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private struct Fields
    {
        private bool _schema;
        private long? _sequence;
        private long? _time;
        private MerkleHash? _previous;
        private string? _event;
        private string? _outcome;
        private string? _actorKind;
        private string? _actor;
        private string? _operation;
        private string? _targetKind;
        private string? _target;
        private string? _request;
        private string? _node;

        public bool ReadMembers(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!ReadMember(ref reader))
                {
                    return false;
                }
            }

            return reader.TokenType == JsonTokenType.EndObject;
        }

        public readonly LeafHeader? ToHeader() =>
            _schema && _sequence is { } sequence && _time is { } time && _event is not null && _outcome is not null
            && _actorKind is not null && _actor is not null && _node is not null
                ? new LeafHeader(sequence, time, _previous, new ProjectionRow(
                    sequence,
                    time,
                    ProjectionRow.Column(_event)!,
                    _outcome,
                    _actorKind,
                    ProjectionRow.Column(_actor)!,
                    ProjectionRow.Column(_operation),
                    ProjectionRow.Column(_targetKind),
                    ProjectionRow.Column(_target),
                    ProjectionRow.Column(_request),
                    ProjectionRow.Column(_node)!))
                : null;

        private bool ReadMember(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("schema"u8))
            {
                return !_schema && reader.Read() && (_schema = reader.ValueTextEquals(AuditLeaf.Schema));
            }

            if (reader.ValueTextEquals("seq"u8))
            {
                return Number(ref reader, ref _sequence);
            }

            if (reader.ValueTextEquals("time"u8))
            {
                return Number(ref reader, ref _time);
            }

            if (reader.ValueTextEquals("prev"u8))
            {
                return Hash(ref reader, ref _previous);
            }

            if (reader.ValueTextEquals("event"u8))
            {
                return Text(ref reader, ref _event);
            }

            if (reader.ValueTextEquals("outcome"u8))
            {
                return Text(ref reader, ref _outcome);
            }

            if (reader.ValueTextEquals("operation"u8))
            {
                return Text(ref reader, ref _operation);
            }

            if (reader.ValueTextEquals("request"u8))
            {
                return Text(ref reader, ref _request);
            }

            if (reader.ValueTextEquals("node"u8))
            {
                return Text(ref reader, ref _node);
            }

            if (reader.ValueTextEquals("actor"u8))
            {
                return Pair(ref reader, ref _actorKind, ref _actor);
            }

            if (reader.ValueTextEquals("target"u8))
            {
                return Pair(ref reader, ref _targetKind, ref _target);
            }

            reader.Skip();
            return true;
        }

        private static bool Number(ref Utf8JsonReader reader, ref long? value)
        {
            if (value is not null || !reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number))
            {
                return false;
            }

            value = number;
            return true;
        }

        private static bool Text(ref Utf8JsonReader reader, ref string? value)
        {
            if (value is not null || !reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                return false;
            }

            value = reader.GetString();
            return true;
        }

        private static bool Hash(ref Utf8JsonReader reader, ref MerkleHash? value)
        {
            if (value is not null || !reader.Read() || reader.TokenType != JsonTokenType.String
                || reader.ValueIsEscaped || !MerkleHash.TryParse(reader.ValueSpan, out var hash))
            {
                return false;
            }

            value = hash;
            return true;
        }

        private static bool Pair(ref Utf8JsonReader reader, ref string? kind, ref string? id)
        {
            if (kind is not null || id is not null || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var known = reader.ValueTextEquals("kind"u8) ? Text(ref reader, ref kind)
                    : reader.ValueTextEquals("id"u8) ? Text(ref reader, ref id)
                    : reader.TrySkip();
                if (!known)
                {
                    return false;
                }
            }

            return kind is not null && id is not null;
        }
    }
}
