using System.Text;
using FluentAssertions;
using McpActors.Core.Protection;
using Xunit;

namespace McpActors.Core.Tests.Protection;

public sealed class StrictJsonCases
{
    [Theory]
    [InlineData("""{"a":NaN}""", StrictJsonFault.Syntax)]
    [InlineData("""{"a":Infinity}""", StrictJsonFault.Syntax)]
    [InlineData("""{"a":1e400}""", StrictJsonFault.Number)]
    [InlineData("""{"a":-1e400}""", StrictJsonFault.Number)]
    [InlineData("""{"a":9007199254740992}""", StrictJsonFault.Number)]
    [InlineData("""{"a":9007199254740993}""", StrictJsonFault.Number)]
    [InlineData("""{"a":-9007199254740992}""", StrictJsonFault.Number)]
    [InlineData("""{"a":1e20}""", StrictJsonFault.Number)]
    [InlineData("""{"a":0.1000000000000000055511151231257827}""", StrictJsonFault.Number)]
    [InlineData("""{"a":01}""", StrictJsonFault.Syntax)]
    [InlineData("""{"a":+1}""", StrictJsonFault.Syntax)]
    [InlineData("""{"a":0x1}""", StrictJsonFault.Syntax)]
    [InlineData("""{"a":"\ud800"}""", StrictJsonFault.LoneSurrogate)]
    [InlineData("""{"\udc00":1}""", StrictJsonFault.LoneSurrogate)]
    [InlineData("""{"a":1}x""", StrictJsonFault.Syntax)]
    [InlineData("""{"a":1}{"a":1}""", StrictJsonFault.Syntax)]
    [InlineData("1 2", StrictJsonFault.Syntax)]
    [InlineData("""{"a":1,}""", StrictJsonFault.Syntax)]
    [InlineData("""{/* x */"a":1}""", StrictJsonFault.Syntax)]
    [InlineData("{\"a\":1}// x", StrictJsonFault.Syntax)]
    [InlineData("""{'a':1}""", StrictJsonFault.Syntax)]
    [InlineData("{\"a\":\"\n\"}", StrictJsonFault.Syntax)]
    [InlineData("""{"a":1,"a":1}""", StrictJsonFault.DuplicateName)]
    [InlineData("""{"a":1,"\u0061":2}""", StrictJsonFault.DuplicateName)]
    [InlineData("""[{"b":{"a":1,"a":1}}]""", StrictJsonFault.DuplicateName)]
    [InlineData("", StrictJsonFault.Syntax)]
    [InlineData("  ", StrictJsonFault.Syntax)]
    [InlineData("{}\0", StrictJsonFault.Syntax)]
    public void S13_What_two_readers_could_take_for_two_things_is_refused(string text, StrictJsonFault fault)
    {
        var read = StrictJson.Read(Encoding.UTF8.GetBytes(text));

        read.Fault.Should().Be(fault);
        read.Canonical.Length.Should().Be(0);
    }

    [Fact]
    public void S13_Length_depth_and_encoding_have_bounds()
    {
        Read(new string(' ', 65_534) + "{}").Ok.Should().BeTrue("exactly 64 KiB");
        Read(new string(' ', 65_535) + "{}").Fault.Should().Be(StrictJsonFault.TooLarge);
        Read(new string('[', 32) + new string(']', 32)).Ok.Should().BeTrue();
        Read(new string('[', 33) + new string(']', 33)).Fault.Should().Be(StrictJsonFault.TooDeep);
        Read(new string('[', 1000) + new string(']', 1000)).Fault.Should().Be(StrictJsonFault.TooDeep);
        Read("\uFEFF{}").Fault.Should().Be(StrictJsonFault.NotUtf8);
        StrictJson.Read(new byte[] { 0x22, 0xFF, 0x22 }).Fault.Should().Be(StrictJsonFault.NotUtf8);
        StrictJson.Read(new byte[] { 0x22, 0xED, 0xA0, 0x80, 0x22 }).Fault.Should().Be(StrictJsonFault.NotUtf8, "a surrogate in UTF-8");
        StrictJson.Read(Encoding.Unicode.GetBytes("{}")).Fault.Should().Be(StrictJsonFault.Syntax);
    }

    [Fact]
    public void A_good_value_comes_with_its_canonical_form()
    {
        var read = Read("""{ "b" : 0.1, "a" : [ 9007199254740991, -0, "\u00e9", true, null ] }""");

        Encoding.UTF8.GetString(read.Canonical.Span).Should().Be("""{"a":[9007199254740991,0,"é",true,null],"b":0.1}""");
        StrictJson.HasMembers(read.Value, ["a"], ["b", "c"]).Should().BeTrue();
        StrictJson.HasMembers(read.Value, ["a", "c"], ["b"]).Should().BeFalse();
        StrictJson.HasMembers(read.Value, ["a"], []).Should().BeFalse();
        StrictJson.HasMembers(read.Value, ["A", "b"], []).Should().BeFalse();
    }

    [Theory]
    [InlineData("""{"operation":"restart"}""")]
    [InlineData("""{"operation":1,"target":{"kind":"server","id":"a"}}""")]
    [InlineData("""{"operation":"restart","target":"a"}""")]
    [InlineData("""{"operation":"restart","target":{"kind":"server"}}""")]
    [InlineData("""{"operation":"restart","target":{"kind":"server","id":"a","x":1}}""")]
    [InlineData("""{"operation":"restart","target":{"kind":"server","id":["a"]}}""")]
    [InlineData("""{"operation":"restart","target":{"kind":"server","id":"a"},"parameters":[]}""")]
    [InlineData("""{"operation":"restart","target":{"kind":"server","id":"a"},"parameters":null}""")]
    [InlineData("""{"operation":"restart","target":{"kind":"server","id":"a"},"reason":null}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    public void S13_A_draft_of_another_shape_is_refused(string body) =>
        RequestDraft.TryRead(Encoding.UTF8.GetBytes(body)).Should().BeNull();

    private static StrictJsonResult Read(string text) => StrictJson.Read(Encoding.UTF8.GetBytes(text));
}
