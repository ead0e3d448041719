using System.Buffers;
using System.Globalization;

namespace McpActors.Core.Servers;

/// <summary>Durations as people write them into the side file.</summary>
public static class DurationText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Seconds)[] Units =
        [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <summary>
    /// Reads <c>500ms</c>, <c>60s</c>, <c>1.5m</c>, <c>1h</c>, <c>1d</c>; a text without unit is seconds.
    /// False for anything else, for negative numbers and for more than a thousand days.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var trimmed = text.Trim();
        var digits = trimmed.AsSpan().IndexOfAnyExcept(NumberCharacters);
        var number = digits < 0 ? trimmed : trimmed[..digits];
        var unit = digits < 0 ? "s" : trimmed[digits..].Trim();
        var seconds = Array.Find(Units, known => known.Unit == unit).Seconds;
        return seconds > 0
            && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && TryFromSeconds(value * seconds, out duration);
    }

    /// <summary>A number of seconds; false when it is negative, no number, or more than a thousand days.</summary>
    public static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        var sane = seconds is >= 0 and <= 86_400_000;
        duration = sane ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return sane;
    }

    /// <summary>The shortest of the texts that <see cref="TryParse"/> reads back as the same duration, in whole units.</summary>
    public static string Format(TimeSpan duration)
    {
        var milliseconds = (long)duration.TotalMilliseconds;
        (string Unit, long Size)[] whole = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
        foreach (var (unit, size) in whole)
        {
            if (milliseconds >= size && milliseconds % size == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / size}{unit}");
            }
        }

        return milliseconds == 0 ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }
}
