using System.Globalization;

namespace McpActors.Cli.Output;

/// <summary>Quantities in words that fit a column.</summary>
internal static class Units
{
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A span in its largest unit, rounded down: <c>12s</c>, <c>3m</c>, <c>2h</c>, <c>5d</c>. Negative spans (clocks differ) are <c>0s</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => "0s",
        { TotalMinutes: < 1 } => Invariant($"{(int)span.TotalSeconds}s"),
        { TotalHours: < 1 } => Invariant($"{(int)span.TotalMinutes}m"),
        { TotalDays: < 1 } => Invariant($"{(int)span.TotalHours}h"),
        _ => Invariant($"{(int)span.TotalDays}d"),
    };

    /// <summary>How long ago an ISO 8601 instant was, null where there is none; what is no instant stays as it is.</summary>
    public static string? Since(string? instant, DateTimeOffset now) =>
        Instant(instant) is { } at ? Span(now - at) : instant;

    /// <summary>An instant with how long ago it was, or how soon it will be.</summary>
    public static string? InstantAndSpan(string? instant, DateTimeOffset now)
    {
        if (Instant(instant) is not { } at)
        {
            return instant;
        }

        return at > now ? $"{instant} (in {Span(at - now)})" : $"{instant} ({Span(now - at)} ago)";
    }

    /// <summary>Milliseconds, with a decimal below ten.</summary>
    public static string? Milliseconds(double? value) => value switch
    {
        null => null,
        < 10 => Invariant($"{value:0.#} ms"),
        _ => Invariant($"{value:0} ms"),
    };

    /// <summary>Bytes in binary units.</summary>
    public static string? Bytes(double? value)
    {
        if (value is not { } rest)
        {
            return null;
        }

        var unit = 0;
        while (rest >= 1024 && unit < Binary.Length - 1)
        {
            rest /= 1024;
            unit++;
        }

        return unit == 0 ? Invariant($"{rest:0} B") : Invariant($"{rest:0.0} {Binary[unit]}");
    }

    /// <summary>A number and its noun: <c>1 tool</c>, <c>2 tools</c>; null where there is no number.</summary>
    public static string? Several(long? count, string noun, string? plural = null) => count switch
    {
        null => null,
        1 => $"1 {noun}",
        _ => Invariant($"{count} {plural ?? noun + "s"}"),
    };

    private static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
