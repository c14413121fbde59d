using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.Generator.Emission;
using Fovea.Generator.Graph;
using Fovea.Generator.Passes;
using Fovea.Generator.Tests.Lowering;
using Fovea.Generator.Tests.Support;

namespace Fovea.Generator.Tests.Emission;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

public sealed class EmissionTests
{
    [Fact]
    public void The_writer_indents_aligns_comments_and_leaves_no_trailing_spaces()
    {
        var w = new IndentedWriter();
        w.Line("// begin   ");
        w.Gap();
        using (w.Block("class A"))
        {
            w.Gap();
            w.Aligned([new("f();", "one", "[N]"), new("longer();", "two")]);
            w.Gap();
            w.Gap();
            w.List("int[] x = [", ["1", "2"], "];");
        }

        Assert.Equal(
            "// begin\n\nclass A\n{\n    f();       // one  [N]\n    longer();  // two\n\n    int[] x = [1, 2];\n}\n",
            w.ToString());
    }

    [Fact]
    public void The_writer_breaks_lists_that_are_too_long()
    {
        var w = new IndentedWriter();
        w.List("x = [", Enumerable.Range(0, 60).Select(i => Literal.Of(1000 + i)), "];");

        AssertNarrow(w.ToString());
        var numbers = Regex.Matches(w.ToString(), "[0-9]+").Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture));
        Assert.Equal(Enumerable.Range(1000, 60), numbers);
    }

    [Fact]
    public void The_writer_breaks_what_is_too_wide_between_words_behind_commas_and_never_in_a_string()
    {
        var w = new IndentedWriter();
        using (w.Block("class A"))
        {
            w.Line("/// <summary>" + string.Join(" ", Enumerable.Repeat("word", 40)) + "</summary>");
            var call = "F(" + string.Join(", ", Enumerable.Repeat("\"a, b\"", 40)) + ");";
            w.Line(call + "  // " + string.Join(" ", Enumerable.Repeat("why", 30)));
        }

        var text = w.ToString();
        AssertNarrow(text);
        var words = text.Split('\n').Where(line => line.Contains("word", StringComparison.Ordinal));
        Assert.All(words, line => Assert.StartsWith("    /// ", line));
        Assert.Equal(40, Regex.Count(text, "\"a, b\""));
        var (why, code) = (text.IndexOf("why", StringComparison.Ordinal), text.IndexOf("F(", StringComparison.Ordinal));
        Assert.True(why < code, "the comment stands before the code");
    }

    [Fact]
    public void Operands_that_a_note_explains_get_lines_of_their_own_where_one_line_would_be_too_wide()
    {
        CodeLine Call(string x) => new($"backend.ConvBackward({x}, p.Conv, g.Output, d.Conv, g.Input", "3×3 dW, dx", "[N, h, w, 256]")
        {
            Named = "accumulate: g.Output, mask: b.Input);",
            Note = "+ shortcut · [Input > 0], ReLU of the block before",
        };
        var narrow = new IndentedWriter();
        narrow.Aligned([Call("b") with { Note = "+ y" }]);
        var wide = new IndentedWriter();
        wide.Aligned([Call("b.Input")]);

        Assert.Equal(
            "backend.ConvBackward(b, p.Conv, g.Output, d.Conv, g.Input, accumulate: g.Output, mask: b.Input);  "
            + "// 3×3 dW, dx + y  [N, h, w, 256]\n",
            narrow.ToString());
        Assert.Equal(
            "backend.ConvBackward(b.Input, p.Conv, g.Output, d.Conv, g.Input,  // 3×3 dW, dx  [N, h, w, 256]\n"
            + "    accumulate: g.Output, mask: b.Input);                         // + shortcut · [Input > 0], ReLU of the block before\n",
            wide.ToString());
    }

    [Fact]
    public void A_cancelled_writer_stops_at_the_next_line()
    {
        using var source = new CancellationTokenSource();
        var w = new IndentedWriter(source.Token);
        w.Line("// one");
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => w.Line("// two"));
    }

    [Theory]
    [InlineData(0.25f, "0.25f")]
    [InlineData(0.1f, "0.1f")]
    [InlineData(1e-5f, "1e-5f")]
    [InlineData(-4.595119953155518f, "-4.59512f")]
    [InlineData(16777216f, "16777216f")]
    [InlineData(2f, "2f")]
    public void Floats_are_written_shortest_and_read_back_the_same(float value, string text)
    {
        Assert.Equal(text, Literal.Of(value));
        Assert.Equal(value, float.Parse(Literal.Of(value).TrimEnd('f'), CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_long_string_is_a_sum_of_pieces_that_lines_can_be_broken_between()
    {
        var name = string.Concat(Enumerable.Repeat("Häufchen\t\U0001F52C ", 30));
        var w = new IndentedWriter();
        w.List("string[] names = [", ["\"short\"", Literal.Of(name)], "];");

        AssertNarrow(w.ToString());
        var pieces = Regex.Matches(w.ToString(), "\"([^\"]*)\"").Skip(1).Select(match => match.Groups[1].Value);
        Assert.Equal(name.Replace("\t", "\\t", StringComparison.Ordinal), string.Concat(pieces));
    }

    [Fact]
    public void Strings_are_escaped() => Assert.Equal("\"traffic \\\"light\\\" \\\\ \\n\"", Literal.Of("traffic \"light\" \\ \n"));

    [Theory]
    [InlineData("layer1.0", "Layer1_0")]
    [InlineData("classification.P3", "ClassificationP3")]
    [InlineData("fpn.P4", "FpnP4")]
    [InlineData("stem", "Stem")]
    public void Blocks_are_named_after_layers(string block, string name) => Assert.Equal(name, Names.Pascal(block));

    /// <summary>Swedish writes a minus sign that C# does not know, German a decimal comma.</summary>
    [Fact]
    public void The_users_culture_does_not_change_a_character()
    {
        var spec = Specs.V2(3);
        var expected = ModelCompiler.Compile(spec);
        var before = CultureInfo.CurrentCulture;
        try
        {
            var strange = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            strange.NumberFormat.NegativeSign = "−";
            strange.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = strange;
            Assert.Equal(expected, ModelCompiler.Compile(spec));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Generated_files_have_unix_lines_without_trailing_spaces_and_no_absolute_path()
    {
        foreach (var file in ModelCompiler.Compile(Specs.ResNet(18, 5)))
        {
            Assert.DoesNotContain("\r", file.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(" \n", file.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("\n\n\n", file.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(AppContext.BaseDirectory, file.Text, StringComparison.Ordinal);
            Assert.EndsWith("}\n", file.Text, StringComparison.Ordinal);
            Assert.StartsWith("// <auto-generated/>\n#nullable enable\n", file.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_the_loss_knows_alpha_gamma_and_beta()
    {
        var spec = Specs.ResNet(18, 5);
        var changed = spec.WithHead(head => head with
        {
            ClassificationLoss = head.ClassificationLoss with { Alpha = 0.5, Gamma = 1 },
            BoxLoss = head.BoxLoss with { Kind = "SmoothL1", Beta = 0.1 },
        });

        var pairs = ModelCompiler.Compile(spec).Zip(ModelCompiler.Compile(changed));
        Assert.Equal(["Detector.Loss.g.cs"], pairs.Where(pair => pair.First != pair.Second).Select(pair => pair.First.Path));
    }

    [Fact]
    public void An_operator_that_the_emitter_has_never_seen_is_emitted_from_its_own_method_arguments_and_comment()
    {
        var spec = Specs.Toy(minLevel: 2, maxLevel: 3);
        var graph = GraphBuilder.Inference(spec);
        graph.Forward.First(node => node.Op.Name == "max_pool").Op = new Blur();
        var text = new DetectEmitter(ModelCompiler.Plan(spec, graph, GraphBuilder.Training(spec))).Emit().Text;

        Assert.Contains("backend.Blur(b.Output, radius: 3, of: b.Activated);", text, StringComparison.Ordinal);
        Assert.Contains("// binomial", text, StringComparison.Ordinal);
    }

    private static void AssertNarrow(string text) =>
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= IndentedWriter.Width, line));

    private sealed class Blur : Op
    {
        public override string Name => "blur";

        public override string Method(Node node) => "Blur";

        public override IEnumerable<Operand> Arguments(Node node) =>
            [new Operand.Handle(node.Output), new Operand.Constant("radius: 3"), new Operand.Handle(node.Inputs[0], "of")];

        public override Shape InferShape(Node node) => node.Output.Shape;

        public override string Comment(Node node) => "binomial";
    }
}
