using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace McpActors.Cli.Commands;

/// <summary>Options whose values are checked with words that people understand.</summary>
internal static class Values
{
    /// <summary>A span such as <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>; a bare number is seconds. Null where it is none.</summary>
    public static TimeSpan? Span(string text)
    {
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyz");
        double? unit = text[digits.Length..] switch
        {
            "ms" => 0.001,
            "" or "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => null,
        };
        return unit is { } seconds &&
            double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) &&
            number * seconds <= TimeSpan.FromDays(36_500).TotalSeconds
                ? TimeSpan.FromSeconds(number * seconds)
                : null;
    }

    /// <summary>An option that takes a span within bounds.</summary>
    public static Option<TimeSpan?> SpanOption(string name, string description, TimeSpan min, TimeSpan max) => new(name)
    {
        Description = description,
        HelpName = "SPAN",
        CustomParser = given =>
        {
            var text = given.Tokens[0].Value;
            if (Span(text) is { } span && span >= min && span <= max)
            {
                return span;
            }

            given.AddError($"{name} takes a time such as 500ms, 30s, 5m or 2h (from {Shown(min)} to {Shown(max)}), not '{text}'.");
            return null;
        },
    };

    /// <summary>An option that takes an instant, or a span that means so long ago.</summary>
    public static Option<string?> InstantOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = given =>
        {
            var text = given.Tokens[0].Value;
            if (Span(text) is null && Instant(text) is null)
            {
                given.AddError($"{name} takes a time such as 2026-11-23T08:00:00Z, or how long ago (15m, 2h, 1d), not '{text}'.");
            }

            return text;
        },
    };

    /// <summary>What an <see cref="InstantOption"/> means at a given time, as the API writes it; null stays null.</summary>
    public static string? ToInstant(string? text, DateTimeOffset now)
    {
        if (text is null)
        {
            return null;
        }

        var at = Span(text) is { } ago ? now - ago : Instant(text);
        return at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>An option that takes a whole number within bounds.</summary>
    public static Option<int> NumberOption(string name, string description, int min, int max, int byDefault) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => byDefault,
        CustomParser = given => Number(given, name, min, max),
    };

    private static int Number(ArgumentResult given, string name, int min, int max)
    {
        var text = given.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        given.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} takes a whole number from {min} to {max}, not '{text}'."));
        return min;
    }

    private static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static string Shown(TimeSpan span) => span.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds}ms")
        : Output.Units.Span(span);
}
