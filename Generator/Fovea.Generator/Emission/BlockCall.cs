using Fovea.Generator.Graph;

namespace Fovea.Generator.Emission;

/// <summary>What the emitters of one plan's phases know: its handles, its parameters, and the name of its type.</summary>
/// <param name="Plan">The generated plan's type: Training, Inference.</param>
internal sealed record PhaseHandles(string Plan, HandleStructs Activations, HandleStructs Gradients, ParameterStructs Parameters)
{
    /// <summary>The feature map that a block's forward leaves behind; null for blocks without.</summary>
    public Value? ResultOf(Block block) => Maps(block).LastOrDefault();

    /// <summary>Channels of the first and the last map of a block's forward, which name its methods.</summary>
    public (int In, int Out) ChannelsOf(Block block) =>
        (Maps(block).FirstOrDefault()?.Shape.Channels ?? 0, Maps(block).LastOrDefault()?.Shape.Channels ?? 0);

    private IEnumerable<Value> Maps(Block block) =>
        Activations.Of(block)?.ValueOf.Values.Where(value => value.Kind is ValueKind.Activation or ValueKind.Input) ?? [];
}

/// <summary>
/// A run of consecutive nodes of one block: one call, and the lines of the method that it calls. The lines know operators only by <see
/// cref="Op.Method"/>,
/// <see cref="Op.Arguments"/> and <see cref="Op.Comment"/>.
/// </summary>
internal sealed class BlockCall
{
    private const int LineLimit = 112;

    private readonly PhaseHandles handles;
    private readonly bool readsFolded;
    private readonly bool accumulates;
    private readonly SortedSet<char> letters = [];

    public BlockCall(Block block, IReadOnlyList<Node> nodes, PhaseHandles handles)
    {
        Block = block;
        Nodes = nodes;
        this.handles = handles;
        var operands = nodes.SelectMany(node => node.Op.Arguments(node)).ToList();
        var gradients = operands.OfType<Operand.WeightGradient>().ToList();
        readsFolded = operands.OfType<Operand.Weights>().Any(weights => weights.Folded);
        accumulates = gradients.Count > 0 && gradients.TrueForAll(gradient => gradient.Accumulate);
        Base = nodes.SelectMany(node => node.Outputs).Where(HasCells).Select(value => value.Shape.Halvings).DefaultIfEmpty(0).Min();
        Calls = nodes.Select(Call).ToList();
        var lines = nodes.Select((node, i) => $"{Calls[i]} // {node.Op.Comment(node)} {ShapeOf(node, relative: true)}");
        Key = string.Join("\n", lines.Concat(Signature));
    }

    public Block Block { get; }

    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Halvings of the finest map that it makes: the h×w of shapes in a method that serves several levels.</summary>
    public int Base { get; }

    /// <summary>The operators' calls.</summary>
    public IReadOnlyList<string> Calls { get; }

    /// <summary>Calls of equal keys share one method.</summary>
    public string Key { get; }

    /// <summary>The parameters of the method behind <c>ref backend</c>: <c>in Training.StemBlock b, in StemParameters p</c>.</summary>
    public IEnumerable<string> Signature => letters.OrderBy(Rank).Select(letter => $"{(letter == 'v' ? "" : "in ")}{TypeOf(letter)} {letter}");

    /// <summary>The arguments of the call behind <c>ref backend</c>.</summary>
    public string CallArguments => string.Concat(letters.OrderBy(Rank).Select(letter => ", " + ArgumentOf(letter)));

    public IEnumerable<Value> Tapped => Nodes.SelectMany(node => node.Outputs).Where(value => value.Tap != null);

    /// <summary>
    /// The methods' lines. Shapes are shown at first appearance; those of a method for several levels are relative to the level's.
    /// </summary>
    public IReadOnlyList<CodeLine> Lines(bool relative)
    {
        var lines = new List<CodeLine>();
        var shown = "";
        for (var i = 0; i < Nodes.Count; i++)
        {
            var shape = ShapeOf(Nodes[i], relative);
            lines.Add(new(Calls[i], Nodes[i].Op.Comment(Nodes[i]), shape == shown ? "" : shape));
            shown = shape.Length == 0 ? shown : shape;
        }

        return lines;
    }

    /// <summary>The local declarations of a method that is the block itself: <c>var b = v.Loss;</c>.</summary>
    public IEnumerable<string> Locals => letters.Where(letter => letter != 'v').OrderBy(Rank).Select(letter => $"var {letter} = {ArgumentOf(letter)};");

    public bool UsesGradients => letters.Contains('g');

    private static bool HasCells(Value value) => value.Kind is ValueKind.Activation or ValueKind.Gradient;

    private static int Rank(char letter) => "vbgpwd".IndexOf(letter);

    private string Call(Node node)
    {
        var arguments = node.Op.Arguments(node).Select(Text).ToList();
        var method = "backend." + node.Op.Method(node);
        var line = $"{method}({string.Join(", ", arguments)});";
        if (line.Length <= LineLimit)
        {
            return line;
        }

        var second = string.Join(", ", arguments);
        return $"{method}(\n    {(second.Length <= LineLimit ? second : string.Join(",\n    ", arguments))});";
    }

    private string Text(Operand operand) => operand switch
    {
        Operand.Handle handle => (handle.Label == null ? "" : handle.Label + ": ") + Handle(handle.Value),
        Operand.HandleList list => Literal.List(list.Values.Select(Handle)),
        Operand.Weights weights => Weights(weights),
        Operand.WeightGradient gradient =>
            Parameter('d', gradient.Parameter) + (gradient.Accumulate && !accumulates ? ".Accumulating" : ""),
        Operand.Constant constant => constant.Expression,
        Operand.PlanMember member => PlanMember(member.Name),
        _ => throw new InvalidOperationException($"{Block.Name}: no text for operand {operand}."),
    };

    private string Handle(Value value)
    {
        var letter = value.Kind == ValueKind.Gradient ? 'g' : 'b';
        letters.Add(letter);
        var of = (letter == 'g' ? handles.Gradients : handles.Activations).Of(Block)!;
        return letter + "." + of.FieldOf[value];
    }

    private string PlanMember(string name)
    {
        letters.Add('v');
        return "v." + name;
    }

    /// <summary>p is what the block computes with; where that is folded, w is what is stored.</summary>
    private string Weights(Operand.Weights weights)
    {
        var isStored = readsFolded && !weights.Folded && handles.Parameters.Of(weights.Parameter.Block).TakesPartInFolding(weights.Parameter.Role);
        return Parameter(isStored ? 'w' : 'p', weights.Parameter);
    }

    private string Parameter(char letter, Parameter parameter)
    {
        if (parameter.Block != Block.ParameterOwner)
        {
            throw new InvalidOperationException(
                $"{Block.Name} uses {parameter.Key} of {parameter.Block.Name}; expected a parameter of {Block.ParameterOwner.Name}.");
        }

        letters.Add(letter);
        return letter + "." + parameter.Role;
    }

    private string TypeOf(char letter) => letter switch
    {
        'v' => handles.Plan,
        'b' => $"{handles.Plan}.{handles.Activations.Of(Block)!.Struct.Name}",
        'g' => $"{handles.Plan}.{handles.Gradients.Of(Block)!.Struct.Name}",
        'p' when readsFolded => handles.Parameters.Of(Block.ParameterOwner).Folded,
        'd' => handles.Parameters.Of(Block.ParameterOwner).Gradients,
        _ => handles.Parameters.Of(Block.ParameterOwner).Stored,
    };

    private string ArgumentOf(char letter)
    {
        var owner = handles.Parameters.NameOf(Block.ParameterOwner);
        return letter switch
        {
            'v' => "v",
            'b' => "v." + Names.Pascal(Block.Name),
            'g' => "g." + Names.Pascal(Block.Name),
            'p' when readsFolded => "Folded." + owner,
            'd' => "Gradients." + owner + (accumulates ? ".Accumulating" : ""),
            _ => "Parameters." + owner,
        };
    }

    private string ShapeOf(Node node, bool relative)
    {
        var value = node.Outputs.FirstOrDefault(HasCells);
        if (value == null)
        {
            return "";
        }

        if (!relative)
        {
            return value.Shape.ToString();
        }

        var over = value.Shape.Halvings == Base ? "" : "/" + Literal.Of(1 << (value.Shape.Halvings - Base));
        return $"[N, h{over}, w{over}, {Literal.Of(value.Shape.Channels)}]";
    }
}
