using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public class ProtocolRevisionsTests
{
    [Fact]
    public void A_refusal_walks_down_from_the_newest_revision_to_the_end()
    {
        var asked = new List<string>();
        for (var next = ProtocolRevisions.After(null); next is not null; next = ProtocolRevisions.After(next))
        {
            asked.Add(next);
        }

        asked.Should().Equal("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05");
    }

    [Fact]
    public void A_revision_between_the_known_ones_goes_on_with_the_next_older() =>
        ProtocolRevisions.After("2025-05-01").Should().Be("2025-03-26");
}
