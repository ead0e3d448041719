using System.Globalization;
using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>
/// Reads the members of one object of the side file. A value that is wrong is told and replaced by its default:
/// settings never keep a server from running.
/// </summary>
internal sealed class ObjectReader
{
    private readonly JsonValue _object;
    private readonly string _file;
    private readonly string? _server;
    private readonly DiagnosticBag _diagnostics;

    /// <summary>Reads this object and tells of keys that are not among the known ones.</summary>
    public ObjectReader(JsonValue value, string[] known, string file, string? server, DiagnosticBag diagnostics)
    {
        (_object, _file, _server, _diagnostics) = (value, file, server, diagnostics);
        TellKeys(value, known, key => known.Contains(key), file, server, diagnostics);
    }

    /// <summary>Tells of keys that stand twice or that nothing reads, with the nearest known one.</summary>
    public static void TellKeys(
        JsonValue value, IReadOnlyCollection<string> suggestions, Func<string, bool> isKnown,
        string file, string? server, DiagnosticBag diagnostics)
    {
        TellDuplicates(value, file, server, diagnostics);
        foreach (var member in value.Members)
        {
            if (isKnown(member.Name) || member.Name == "$schema" || ConfigurationShape.IsComment(member.Name))
            {
                continue;
            }

            var nearest = member.Name is "serverUrl" or "httpUrl" ? "url" : Names.Nearest(member.Name, suggestions);
            diagnostics.Add(
                DiagnosticCodes.UnknownKey, DiagnosticSeverity.Warning, new SourcePosition(file, member.Line, member.Column), server,
                $"The key {DiagnosticBag.Quote(member.Name)} means nothing here.",
                nearest is null ? "Remove it." : $"Did you mean `{nearest}`?");
        }
    }

    /// <summary>Tells of keys that stand twice.</summary>
    public static void TellDuplicates(JsonValue value, string file, string? server, DiagnosticBag diagnostics)
    {
        var last = new Dictionary<string, JsonMember>(StringComparer.Ordinal);
        foreach (var member in value.Members)
        {
            last[member.Name] = member;
        }

        foreach (var member in value.Members.Where(member => !ReferenceEquals(last[member.Name], member)))
        {
            diagnostics.Add(
                DiagnosticCodes.DuplicateKey, DiagnosticSeverity.Warning, new SourcePosition(file, member.Line, member.Column), server,
                $"The key {DiagnosticBag.Quote(member.Name)} stands twice; the one on line {last[member.Name].Line} wins, because readers of JSON keep the last.",
                "Remove one of them.");
        }
    }

    /// <summary>The object of this name, or null.</summary>
    public JsonValue? Object(string name) => Of(name, JsonKind.Object, "an object");

    /// <summary>A reader of the object of this name, or null.</summary>
    public ObjectReader? Reader(string name, params string[] known) =>
        Object(name) is { } value ? new ObjectReader(value, known, _file, _server, _diagnostics) : null;

    /// <summary>A text; null when it is absent.</summary>
    public string? Text(string name) => Of(name, JsonKind.Text, "a text")?.Text;

    /// <summary>A text out of a few; the default when it is another.</summary>
    public string OneOf(string name, string fallback, params string[] allowed)
    {
        var value = Of(name, JsonKind.Text, "a text");
        if (value is null || allowed.Contains(value.Text))
        {
            return value?.Text ?? fallback;
        }

        Warn(DiagnosticCodes.InvalidValue, value, $"`{name}` has a value that is not known; {fallback} is taken.", $"Write one of {string.Join(", ", allowed)}.");
        return fallback;
    }

    /// <summary>A list of texts, or one text for a list of one; empty when it is absent.</summary>
    public IReadOnlyList<(string Text, SourcePosition Place)> Texts(string name)
    {
        var value = _object.Get(name);
        switch (value?.Kind)
        {
            case null or JsonKind.Null:
                return [];
            case JsonKind.Text:
                return [(value.Text, Place(value))];
            case JsonKind.Array:
                var texts = new List<(string, SourcePosition)>();
                foreach (var item in value.Items)
                {
                    if (item.Kind == JsonKind.Text)
                    {
                        texts.Add((item.Text, Place(item)));
                    }
                    else
                    {
                        WrongKind($"an item of `{name}`", item, "a text");
                    }
                }

                return texts;
            default:
                WrongKind($"`{name}`", value, "a list of texts");
                return [];
        }
    }

    /// <summary>Tells when the value of this name is there and of another kind.</summary>
    public void Expect(string name, JsonKind kind, string inWords) => Of(name, kind, inWords);

    /// <summary>A duration within a range, both ends included; zero too where <paramref name="zero"/>.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most, bool zero = false)
    {
        var value = _object.Get(name);
        if (value is null or { Kind: JsonKind.Null })
        {
            return fallback;
        }

        var duration = TimeSpan.Zero;
        var read = value.Kind switch
        {
            JsonKind.Text => DurationText.TryParse(value.Text, out duration),
            JsonKind.Number => DurationText.TryFromSeconds(Parsed(value.Text), out duration),
            _ => false,
        };
        if (!read)
        {
            Warn(DiagnosticCodes.InvalidValue, value, $"`{name}` is no duration; {DurationText.Format(fallback)} is taken.", "Write a text such as \"500ms\", \"60s\", \"10m\" or \"1h\", or a number of seconds.");
            return fallback;
        }

        if ((duration >= least && duration <= most) || (zero && duration == TimeSpan.Zero))
        {
            return duration;
        }

        Warn(
            DiagnosticCodes.OutOfRange, value, $"`{name}` is out of its range; {DurationText.Format(fallback)} is taken.",
            $"Write {DurationText.Format(least)} to {DurationText.Format(most)}{(zero ? ", or 0 for never" : "")}.");
        return fallback;
    }

    /// <summary>A whole number within a range, both ends included.</summary>
    public int Whole(string name, int fallback, int least, int most)
    {
        var value = Of(name, JsonKind.Number, "a number");
        if (value is null)
        {
            return fallback;
        }

        var number = Parsed(value.Text);
        if (number >= least && number <= most && number == Math.Floor(number))
        {
            return (int)number;
        }

        Warn(DiagnosticCodes.OutOfRange, value, $"`{name}` is out of its range; {fallback} is taken.", $"Write a whole number from {least} to {most}.");
        return fallback;
    }

    /// <summary>
    /// An amount with an optional unit, such as <c>"256Mi"</c> or <c>"500m"</c>; null when it is absent, wrong,
    /// or not above zero and up to <paramref name="most"/>.
    /// </summary>
    public double? Amount(string name, IReadOnlyDictionary<string, double> units, double most, string example)
    {
        var value = _object.Get(name);
        if (value is null or { Kind: JsonKind.Null })
        {
            return null;
        }

        var amount = double.NaN;
        if (value.Kind == JsonKind.Number)
        {
            amount = Parsed(value.Text);
        }
        else if (value.Kind == JsonKind.Text)
        {
            var text = value.Text.Trim();
            var number = text.TrimEnd([.. "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]);
            var unit = text[number.Length..];
            amount = unit.Length == 0 ? Parsed(number) : units.TryGetValue(unit, out var size) ? Parsed(number) * size : double.NaN;
        }

        if (amount > 0 && amount <= most)
        {
            return amount;
        }

        Warn(DiagnosticCodes.InvalidValue, value, $"`{name}` is no amount that makes sense; it was left out.", $"Write {example}.");
        return null;
    }

    private JsonValue? Of(string name, JsonKind kind, string inWords)
    {
        var value = _object.Get(name);
        if (value is null or { Kind: JsonKind.Null } || value.Kind == kind)
        {
            return value is { Kind: JsonKind.Null } ? null : value;
        }

        WrongKind($"`{name}`", value, inWords);
        return null;
    }

    private void WrongKind(string what, JsonValue value, string wanted) =>
        Warn(DiagnosticCodes.WrongValueKind, value, $"{char.ToUpperInvariant(what[0])}{what[1..]} is {value.KindInWords}; it was left out.", $"Write {wanted}.");

    private void Warn(string code, JsonValue value, string message, string fix) =>
        _diagnostics.Add(code, DiagnosticSeverity.Warning, Place(value), _server, message, fix);

    private SourcePosition Place(JsonValue value) => new(_file, value.Line, value.Column);

    private static double Parsed(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
