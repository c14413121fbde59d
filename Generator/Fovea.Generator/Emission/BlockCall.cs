using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>What the emitters of one plan's phases know: its handles, its parameters, and the name of its type.</summary>
/// <param name="Plan">The generated plan's type: Training, Inference.</param>
internal sealed record PhaseHandles(string Plan, HandleStructs Activations, HandleStructs Gradients, ParameterStructs Parameters)
{
    public static PhaseHandles Of(
        string plan, ModelGraph graph, MemoryPlan memory, ParameterStructs parameters, CancellationToken cancellation = default)
    {
        var activations = HandleStructs.OfActivations(graph, memory, cancellation);
        return new(plan, activations, HandleStructs.OfGradients(graph, memory, activations, cancellation), parameters);
    }

    /// <summary>The feature map that a block's forward leaves behind; null for blocks without.</summary>
    public Value? ResultOf(Block block) => MapsOf(block).LastOrDefault(value => value.Block == block);

    /// <summary>Every feature map that a block's forward reads or makes.</summary>
    public IEnumerable<Value> MapsOf(Block block) =>
        Activations.Of(block)?.ValueOf.Values.Where(value => value.Kind is { IsMap: true, IsGradient: false }) ?? [];
}

/// <summary>
/// One operator's line: its call, and what a reader is told of it. Names of values in <see cref="Note"/> and sizes in <see cref="Output"/>
/// may differ between the blocks that share the line.
/// </summary>
/// <param name="Code">As in <see cref="CodeLine"/>.</param>
/// <param name="Note">What the named operands do, with placeholders for the names of <see cref="Noted"/>.</param>
/// <param name="Noted">The named operands, in order.</param>
/// <param name="Output">The feature map that it makes, if any.</param>
internal sealed record CallLine(
    string Code, string Named, string Comment, IReadOnlyList<string> Note, IReadOnlyList<Value> Noted, Value? Output);

/// <summary>
/// A run of consecutive nodes of one block: one call, and the lines of the method that it calls. The lines know operators only by
/// <see cref="Op.Method"/>, <see cref="Op.Arguments"/> and <see cref="Op.Comment"/>.
/// </summary>
internal sealed class BlockCall
{
    private readonly PhaseHandles handles;
    private readonly bool readsFolded;
    private readonly bool accumulates;
    private readonly SortedSet<char> letters = [];

    public BlockCall(Block block, IReadOnlyList<Node> nodes, PhaseHandles handles)
    {
        Block = block;
        Nodes = nodes;
        this.handles = handles;
        var operands = nodes.Select(node => node.Op.Arguments(node).ToList()).ToList();
        var gradients = operands.SelectMany(list => list).OfType<Operand.WeightGradient>().ToList();
        readsFolded = operands.Exists(list => list.OfType<Operand.Weights>().Any(weights => weights.Folded));
        accumulates = gradients.Count > 0 && gradients.TrueForAll(gradient => gradient.Accumulate);
        var result = handles.ResultOf(block);
        Channels = result?.Shape.Channels ?? 0;
        Base = handles.MapsOf(block).Select(value => value.Shape.Halvings).DefaultIfEmpty(0).Min();
        Lines = nodes.Select((node, i) => Line(node, operands[i])).ToList();
        Signature = letters.OrderBy(Rank).Select(letter => $"{(letter == 'v' ? "" : "in ")}{TypeOf(letter)} {letter}").ToList();
        Key = string.Join("\n", Lines.Select(KeyOf).Concat(Signature));
    }

    public Block Block { get; }

    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>
    /// Halvings of the finest map that the block reads or makes: the h×w of shapes in a method that serves several levels.
    /// </summary>
    public int Base { get; }

    /// <summary>Channels of what the block's forward leaves behind: the C of shapes in a method that serves several widths.</summary>
    public int Channels { get; }

    public IReadOnlyList<CallLine> Lines { get; }

    /// <summary>Calls of equal keys share one method: all that its text says but sizes and names of other blocks' values.</summary>
    public string Key { get; }

    /// <summary>The parameters of the method behind <c>ref backend</c>: <c>in Training.StemBlock b, in StemParameters p</c>.</summary>
    public IReadOnlyList<string> Signature { get; }

    /// <summary>The arguments of the call behind <c>ref backend</c>.</summary>
    public IEnumerable<string> CallArguments => letters.OrderBy(Rank).Select(ArgumentOf);

    public IEnumerable<Value> Tapped => Nodes.SelectMany(node => node.Outputs).Where(value => value.IsTapped);

    /// <summary>The local declarations of a method that is the block itself: <c>var b = v.Loss;</c>.</summary>
    public IEnumerable<string> Locals =>
        letters.Where(letter => letter != 'v').OrderBy(Rank).Select(letter => $"var {letter} = {ArgumentOf(letter)};");

    public bool UsesGradients => letters.Contains('g');

    /// <summary>A comment without the strides in it: <c>3×3/2 dW</c> is <c>3×3 dW</c>.</summary>
    internal static string WithoutStrides(string comment) => string.Join(" ", comment.Split(' ').Select(word => StrideOf(word).Word));

    /// <summary>3×3/2 as 3×3 and /2.</summary>
    internal static (string Word, string Stride) StrideOf(string word)
    {
        var slash = word.LastIndexOf('/');
        return slash > 0 && slash < word.Length - 1 && word.Skip(slash + 1).All(char.IsDigit)
            ? (word.Substring(0, slash), word.Substring(slash))
            : (word, "");
    }

    private static string KeyOf(CallLine line) =>
        $"{line.Code}|{line.Named}|{WithoutStrides(line.Comment)}|{string.Join(" ", line.Note)}|{line.Output != null}";

    private static bool HasCells(Value value) => value.Kind.IsSlotted;

    private static int Rank(char letter) => "vbgpwd".IndexOf(letter);

    private CallLine Line(Node node, List<Operand> operands)
    {
        var named = operands.OfType<Operand.Handle>().Where(handle => handle.Note != null).ToList();
        var others = operands.Where(operand => operand is not Operand.Handle { Note: not null });
        var code = $"backend.{node.Op.Method(node)}({string.Join(", ", others.Select(Text))}";
        return new(
            named.Count == 0 ? code + ");" : code,
            named.Count == 0 ? "" : string.Join(", ", named.Select(Text)) + ");",
            node.Op.Comment(node),
            named.ConvertAll(handle => handle.Note!),
            named.ConvertAll(handle => handle.Value),
            node.Outputs.FirstOrDefault(HasCells));
    }

    private string Text(Operand operand) => operand switch
    {
        Operand.Handle handle => (handle.Label == null ? "" : handle.Label + ": ") + Handle(handle.Value),
        Operand.Weights weights => Weights(weights),
        Operand.WeightGradient gradient =>
            Parameter('d', gradient.Parameter) + (gradient.Accumulate && !accumulates ? ".Accumulating" : ""),
        Operand.Constant constant => constant.Expression,
        Operand.PlanRule rule => PlanMember(rule.Definition.Name),
        _ => throw new InvalidOperationException($"{Block.Name}: no text for operand {operand}."),
    };

    private string Handle(Value value)
    {
        var letter = value.Kind.IsGradient ? 'g' : 'b';
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
        var type = handles.Parameters.Of(weights.Parameter.Block);
        var isStored = readsFolded && !weights.Folded && type.TakesPartInFolding(weights.Parameter.Role);
        return Parameter(isStored ? 'w' : 'p', weights.Parameter);
    }

    private string Parameter(char letter, Parameter parameter)
    {
        if (parameter.Block != Block)
        {
            throw new InvalidOperationException(
                $"{Block.Name} uses {parameter.Key} of {parameter.Block.Name}; expected a parameter of {Block.Name}.");
        }

        letters.Add(letter);
        return letter + "." + parameter.Role;
    }

    private string TypeOf(char letter) => letter switch
    {
        'v' => handles.Plan,
        'b' => $"{handles.Plan}.{handles.Activations.Of(Block)!.Struct.Name}",
        'g' => $"{handles.Plan}.{handles.Gradients.Of(Block)!.Struct.Name}",
        'p' when readsFolded => handles.Parameters.Of(Block).Folded,
        'd' => handles.Parameters.Of(Block).Gradients,
        _ => handles.Parameters.Of(Block).Stored,
    };

    private string ArgumentOf(char letter)
    {
        var owner = ParameterStructs.NameOf(Block);
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
}
