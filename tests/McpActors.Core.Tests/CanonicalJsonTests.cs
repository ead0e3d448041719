using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace McpActors.Core.Tests;

public sealed class CanonicalJsonTests
{
    // RFC 8785, appendix B.
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("ffefffffffffffff", "-1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555554", "333333333.33333325")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("41b3de4355555556", "333333333.3333334")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void A_double_prints_as_in_the_appendix_of_the_RFC(string bits, string expected)
    {
        var value = BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        CanonicalJson.Number(value).Should().Be(expected);
    }

    // What a JavaScript engine prints where .NET's own shortest form reads back as the neighbour, and next to it.
    [Theory]
    [InlineData("3e60000000000000", "2.9802322387695312e-8")]
    [InlineData("be60000000000000", "-2.9802322387695312e-8")]
    [InlineData("0410000000000000", "4.1045368012983762e-289")]
    [InlineData("3e60000000000001", "2.980232238769532e-8")]
    [InlineData("3e50000000000000", "1.4901161193847656e-8")]
    [InlineData("0010000000000000", "2.2250738585072014e-308")]
    [InlineData("7fe0000000000000", "8.98846567431158e+307")]
    [InlineData("3ff0000000000000", "1")]
    public void A_power_of_two_reads_back_as_itself(string bits, string expected)
    {
        var value = BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        CanonicalJson.Number(value).Should().Be(expected);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_number_that_JSON_does_not_have_is_a_fault_in_a_node_and_an_error_alone(double value)
    {
        CanonicalJson.Of(JsonValue.Create(value)).Fault.Should().Be(CanonicalJsonFault.NotFinite);
        FluentActions.Invoking(() => CanonicalJson.Number(value)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("-0", "0")]
    [InlineData("-0.0e5", "0")]
    [InlineData("1.0", "1")]
    [InlineData("100", "100")]
    [InlineData("1E2", "100")]
    [InlineData("1e21", "1e+21")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("4.50", "4.5")]
    [InlineData("2e-3", "0.002")]
    [InlineData("333333333.33333329", "333333333.3333333")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("1e-400", "0")]
    public void A_number_as_written_becomes_the_nearest_double(string written, string expected) =>
        Canonical(written).Should().Be(expected);

    [Fact]
    public void Members_and_strings_come_out_as_in_section_3_2_of_the_RFC()
    {
        const string Input = """
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """;

        Canonical(Input).Should().Be(
            """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""");
    }

    [Fact]
    public void Members_sort_by_UTF_16_code_units_not_by_code_points()
    {
        const string Input = """
            {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
            """;

        using var canonical = JsonDocument.Parse(Canonical(Input));
        canonical.RootElement.EnumerateObject().Select(m => m.Value.GetString()).Should().Equal(
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh");
    }

    [Fact]
    public void Only_what_must_be_escaped_is_escaped()
    {
        var all = string.Concat(Enumerable.Range(0, 0x20).Select(i => (char)i)) + "\"\\/<>&'+\u007f\u2028\u2029\u200b\ufeff é 😀";

        CanonicalJson.Of(JsonValue.Create(all)).ToString().Should().Be(
            "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
            + "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f"
            + "\\\"\\\\/<>&'+\u007f\u2028\u2029\u200b\ufeff é 😀\"");
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""", CanonicalJsonFault.DuplicateName)]
    [InlineData("""[{"x":{"a":1,"\u0061":2}}]""", CanonicalJsonFault.DuplicateName)]
    [InlineData("""{"a":"\ud800"}""", CanonicalJsonFault.LoneSurrogate)]
    [InlineData("""{"a":"\udc00\ud800"}""", CanonicalJsonFault.LoneSurrogate)]
    [InlineData("""{"\ud83d":1}""", CanonicalJsonFault.LoneSurrogate)]
    [InlineData("[1e400]", CanonicalJsonFault.NotFinite)]
    [InlineData("-1e99999999999999999999", CanonicalJsonFault.NotFinite)]
    public void What_the_RFC_excludes_is_a_typed_fault_for_elements_and_nodes_alike(string json, CanonicalJsonFault fault)
    {
        using var document = JsonDocument.Parse(json);

        CanonicalJson.Of(document.RootElement).Fault.Should().Be(fault);
        CanonicalJson.Of(JsonNode.Parse(json)).Fault.Should().Be(fault);
        CanonicalJson.Of(JsonNode.Parse(json)).Utf8.Length.Should().Be(0);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_text_that_code_made_is_a_fault_too()
    {
        CanonicalJson.Of(JsonValue.Create("a\ud800b")).Fault.Should().Be(CanonicalJsonFault.LoneSurrogate);
        CanonicalJson.Of(new JsonObject { ["\udc00"] = 1 }).Fault.Should().Be(CanonicalJsonFault.LoneSurrogate);
    }

    [Fact]
    public void An_undefined_element_is_a_fault() =>
        CanonicalJson.Of(default(JsonElement)).Fault.Should().Be(CanonicalJsonFault.NotJson);

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("18446744073709551615")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("1e-400")]
    [InlineData("1e-99999999999")]
    [InlineData("[{\"a\":9007199254740993}]")]
    public void Strict_refuses_a_number_that_rounding_would_change(string json)
    {
        CanonicalJson.Of(JsonNode.Parse(json), CanonicalJsonOptions.ForSigning).Fault.Should().Be(CanonicalJsonFault.Inexact);
        CanonicalJson.Of(JsonNode.Parse(json)).Ok.Should().BeTrue();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-0.000e99999999999")]
    [InlineData("0.1")]
    [InlineData("1.50e1")]
    [InlineData("9007199254740992")]
    [InlineData("9007199254740994")]
    [InlineData("1e23")]
    [InlineData("0.00000123")]
    public void Strict_takes_a_number_whose_canonical_form_is_the_number_that_was_written(string json) =>
        CanonicalJson.Of(JsonNode.Parse(json), CanonicalJsonOptions.ForSigning).Ok.Should().BeTrue();

    [Fact]
    public void Strict_looks_at_numbers_that_code_made()
    {
        CanonicalJson.Of(JsonValue.Create(long.MaxValue), CanonicalJsonOptions.ForSigning).Fault.Should().Be(CanonicalJsonFault.Inexact);
        CanonicalJson.Of(JsonValue.Create(0.1m), CanonicalJsonOptions.ForSigning).ToString().Should().Be("0.1");
        CanonicalJson.Of(JsonValue.Create(0.1f), CanonicalJsonOptions.ForSigning).ToString().Should().Be("0.1");
        CanonicalJson.Of(JsonValue.Create(0.1), CanonicalJsonOptions.ForSigning).ToString().Should().Be("0.1");
    }

    [Fact]
    public void Depth_is_bounded_at_the_level_that_is_set()
    {
        var options = new CanonicalJsonOptions { MaxDepth = 3 };

        CanonicalJson.Of(JsonNode.Parse("[[[1]]]"), options).Ok.Should().BeTrue();
        CanonicalJson.Of(JsonNode.Parse("[[[[]]]]"), options).Fault.Should().Be(CanonicalJsonFault.TooDeep);
        CanonicalJson.Of(JsonNode.Parse("""{"a":[{"b":[]}]}"""), options).Fault.Should().Be(CanonicalJsonFault.TooDeep);
        CanonicalJson.Of(Nested(64)).Ok.Should().BeTrue();
        CanonicalJson.Of(Nested(65)).Fault.Should().Be(CanonicalJsonFault.TooDeep);
    }

    [Fact]
    public void Size_is_bounded_in_bytes_not_in_characters()
    {
        CanonicalJson.Of(JsonValue.Create("ééé"), new CanonicalJsonOptions { MaxBytes = 8 }).Ok.Should().BeTrue();
        CanonicalJson.Of(JsonValue.Create("ééé"), new CanonicalJsonOptions { MaxBytes = 7 }).Fault.Should().Be(CanonicalJsonFault.TooLarge);
        CanonicalJson.Of(new JsonArray(1, 2, 3), new CanonicalJsonOptions { MaxBytes = 6 }).Fault.Should().Be(CanonicalJsonFault.TooLarge);
    }

    [Theory]
    [InlineData(-1, 10)]
    [InlineData(257, 10)]
    [InlineData(1, 0)]
    public void An_option_out_of_range_is_an_error(int depth, int bytes) =>
        FluentActions.Invoking(() => CanonicalJson.Of((JsonNode?)null, new CanonicalJsonOptions { MaxDepth = depth, MaxBytes = bytes }))
            .Should().Throw<ArgumentOutOfRangeException>();

    [Fact]
    public void Every_power_of_two_reads_back_as_itself() =>
        Enumerable.Range(-1074, 2098).Select(e => Math.ScaleB(1, e)).Where(v => double.Parse(CanonicalJson.Number(v), CultureInfo.InvariantCulture) != v)
            .Should().BeEmpty();

    [Property(MaxTest = 500)]
    public Property Every_finite_double_reads_back_as_itself() =>
        Prop.ForAll(Finite().ToArbitrary(), value =>
            double.Parse(CanonicalJson.Number(value), CultureInfo.InvariantCulture) == value);

    [Property(MaxTest = 500)]
    public Property The_canonical_form_of_a_canonical_form_is_itself() =>
        Prop.ForAll(Trees(), tree =>
        {
            var once = Canonical(Print(tree, reversed: false));
            return Canonical(once) == once;
        });

    [Property(MaxTest = 500)]
    public Property The_order_of_members_does_not_matter() =>
        Prop.ForAll(Trees(), tree => Canonical(Print(tree, reversed: false)) == Canonical(Print(tree, reversed: true)));

    [Property(MaxTest = 500)]
    public Property The_canonical_form_means_what_the_value_means() =>
        Prop.ForAll(Trees(), tree =>
        {
            using var before = JsonDocument.Parse(Print(tree, reversed: false));
            using var after = JsonDocument.Parse(Canonical(Print(tree, reversed: false)));
            return JsonElement.DeepEquals(before.RootElement, after.RootElement);
        });

    [Property(MaxTest = 300)]
    public Property Nodes_made_by_code_and_parsed_elements_agree() =>
        Prop.ForAll(Trees(), tree =>
            CanonicalJson.Of(Node(tree)).ToString() == Canonical(Print(tree, reversed: false)));

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        var fromElement = CanonicalJson.Of(document.RootElement);
        var fromNode = CanonicalJson.Of(JsonNode.Parse(json));
        fromElement.Fault.Should().BeNull();
        fromNode.Utf8.ToArray().Should().Equal(fromElement.Utf8.ToArray());
        return fromElement.ToString();
    }

    private static JsonArray Nested(int levels)
    {
        var node = new JsonArray();
        for (var i = 1; i < levels; i++)
        {
            node = new JsonArray(node);
        }

        return node;
    }

    // A JSON value as plain .NET: null, bool, double, string, list, or list of members with distinct names.
    private static Arbitrary<object?> Trees() => Tree(4).ToArbitrary();

    private static Gen<double> Finite() =>
        Gen.OneOf(
            ArbMap.Default.GeneratorFor<long>().Select(BitConverter.Int64BitsToDouble).Where(double.IsFinite),
            Gen.Choose(-1000, 1000).Select(i => (double)i),
            Gen.Choose(-320, 308).Select(e => double.Parse($"1e{e}", CultureInfo.InvariantCulture)));

    private static Gen<string> Words() =>
        Gen.OneOf(
            ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get).Where(s => s.EnumerateRunes().All(r => r.Value != 0xfffd)),
            Gen.Elements("a", "b", "é", "😀", "\u200b", "\"", "\\", "\ufb33", "\u0001", ""));

    private static Gen<object?> Tree(int depth)
    {
        var leaf = Gen.OneOf(
            Gen.Elements<object?>(null, true, false),
            Finite().Select(d => (object?)d),
            Words().Select(s => (object?)s));
        if (depth == 0)
        {
            return leaf;
        }

        var list = Gen.Choose(0, 4).SelectMany(n => Gen.ListOf(Tree(depth - 1), n)).Select(items => (object?)items.ToList());
        var members = Gen.Choose(0, 4)
            .SelectMany(n => Gen.ListOf(Words().SelectMany(k => Tree(depth - 1).Select(v => KeyValuePair.Create(k, v))), n))
            .Select(m => (object?)m.DistinctBy(p => p.Key).ToList());
        return Gen.OneOf(leaf, list, members);
    }

    private static string Print(object? tree, bool reversed)
    {
        switch (tree)
        {
            case null:
                return "null";
            case bool truth:
                return truth ? "true" : "false";
            case double number:
                return number.ToString("R", CultureInfo.InvariantCulture);
            case string text:
                return JsonSerializer.Serialize(text);
            case List<object?> items:
                return $"[ {string.Join(" , ", items.Select(i => Print(i, reversed)))} ]";
            case List<KeyValuePair<string, object?>> members:
                var ordered = reversed ? Enumerable.Reverse(members) : members;
                return $"{{ {string.Join(" , ", ordered.Select(m => $"{JsonSerializer.Serialize(m.Key)} : {Print(m.Value, reversed)}"))} }}";
            default:
                throw new ArgumentOutOfRangeException(nameof(tree));
        }
    }

    private static JsonNode? Node(object? tree) => tree switch
    {
        null => null,
        bool truth => JsonValue.Create(truth),
        double number => JsonValue.Create(number),
        string text => JsonValue.Create(text),
        List<object?> items => new JsonArray([.. items.Select(Node)]),
        List<KeyValuePair<string, object?>> members => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, Node(m.Value)))),
        _ => throw new ArgumentOutOfRangeException(nameof(tree)),
    };
}
