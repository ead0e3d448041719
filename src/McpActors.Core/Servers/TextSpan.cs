using System.Text;

namespace McpActors.Core.Servers;

/// <summary>A stretch of a text, from <paramref name="Start"/> up to and without <paramref name="End"/>.</summary>
internal readonly record struct TextSpan(int Start, int End)
{
    /// <summary>The text with every stretch, overlapping and touching ones together, replaced by the mask.</summary>
    public static string Mask(string text, List<TextSpan> spans)
    {
        if (spans.Count == 0)
        {
            return text;
        }

        spans.Sort((a, b) => a.Start.CompareTo(b.Start));
        var masked = new StringBuilder(text.Length);
        var shown = 0;
        for (var i = 0; i < spans.Count;)
        {
            var (start, end) = spans[i++];
            while (i < spans.Count && spans[i].Start <= end)
            {
                end = Math.Max(end, spans[i++].End);
            }

            masked.Append(text, shown, start - shown).Append(Redactor.Mask);
            shown = end;
        }

        return masked.Append(text, shown, text.Length - shown).ToString();
    }
}
