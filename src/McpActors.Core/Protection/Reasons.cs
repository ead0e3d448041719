using System.Text;

namespace McpActors.Core.Protection;

/// <summary>The reasons that people give.</summary>
public static class Reasons
{
    /// <summary>The longest reason, in UTF-16 characters.</summary>
    public const int MaxLength = 2000;

    /// <summary>True when the text fits and is Unicode; an empty one too.</summary>
    public static bool IsAcceptable(string? reason) => reason is { Length: <= MaxLength } && Unicode.IsWellFormed(reason);

    /// <summary>
    /// True when somebody can see something in it: one letter or digit at least. White space, control characters,
    /// zero-width characters and the Hangul fillers (letters that show nothing) say nothing.
    /// </summary>
    public static bool SaysSomething(string? reason)
    {
        if (!IsAcceptable(reason))
        {
            return false;
        }

        foreach (var rune in reason!.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) && rune.Value is not (0x115F or 0x1160 or 0x3164 or 0xFFA0))
            {
                return true;
            }
        }

        return false;
    }
}
