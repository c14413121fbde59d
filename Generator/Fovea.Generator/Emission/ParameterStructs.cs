using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>The parameters of the blocks of one kind, by the names that their struct gives them.</summary>
internal sealed class ParameterStruct(string kind)
{
    public string Kind { get; } = kind;

    public string Stored => Kind + "Parameters";

    /// <summary>
    /// What the block computes with where norms are folded: convolutions with their norms, and what is not folded as it is.
    /// </summary>
    public string Folded => "Folded" + Kind + "Parameters";

    public string Gradients => Kind + "ParameterGradients";

    public List<Parameter> Fields { get; } = [];

    public HashSet<string> FoldedRoles { get; } = [];

    /// <summary>Norms that are folded into a convolution: no part of the folded struct.</summary>
    public HashSet<string> FoldedAwayRoles { get; } = [];

    public HashSet<string> GradientRoles { get; } = [];

    /// <summary>Whether a later use of shared parameters adds all its gradients to those of an earlier one.</summary>
    public bool IsAccumulated { get; set; }

    public bool TakesPartInFolding(string role) => FoldedRoles.Contains(role) || FoldedAwayRoles.Contains(role);

    public bool HasFolded => FoldedRoles.Count > 0;

    public bool HasGradients => GradientRoles.Count > 0;

    public IEnumerable<Parameter> FoldedFields => Fields.Where(parameter => !FoldedAwayRoles.Contains(parameter.Role));

    public IEnumerable<Parameter> GradientFields => Fields.Where(parameter => GradientRoles.Contains(parameter.Role));
}

/// <summary>The blocks that own parameters, and the struct types of their handles.</summary>
internal sealed class ParameterStructs
{
    private readonly Dictionary<string, ParameterStruct> structOf = [];
    private readonly Dictionary<Block, Dictionary<string, Parameter>> parametersOf = [];

    public ParameterStructs(
        ModelGraph training, ModelGraph inference, ParameterLayout layout, CancellationToken cancellation = default)
    {
        Layout = layout;
        foreach (var parameter in training.Parameters)
        {
            cancellation.ThrowIfCancellationRequested();
            Add(parameter);
        }

        foreach (var folded in training.Fold.Concat(inference.Fold).Select(node => node.Parameters))
        {
            cancellation.ThrowIfCancellationRequested();
            structOf[folded[0].Block.Kind].FoldedRoles.Add(folded[0].Role);
            structOf[folded[0].Block.Kind].FoldedAwayRoles.UnionWith(folded.Skip(1).Select(norm => norm.Role));
        }

        foreach (var gradient in training.Backward.SelectMany(node => node.Op.Arguments(node)).OfType<Operand.WeightGradient>())
        {
            cancellation.ThrowIfCancellationRequested();
            structOf[gradient.Parameter.Block.Kind].GradientRoles.Add(gradient.Parameter.Role);
            structOf[gradient.Parameter.Block.Kind].IsAccumulated |= gradient.Accumulate;
            Trained.Add(gradient.Parameter.Key);
        }
    }

    public ParameterLayout Layout { get; }

    public List<ParameterStruct> Structs { get; } = [];

    /// <summary>Owners of parameters, in the order of the state.</summary>
    public List<(Block Block, Dictionary<string, Parameter> ParameterOf)> Owners { get; } = [];

    /// <summary>Keys of the parameters whose gradients backward writes.</summary>
    public HashSet<string> Trained { get; } = [];

    /// <summary>The name of an owner's instances.</summary>
    public static string NameOf(Block owner) => Names.Pascal(owner.Name);

    public ParameterStruct Of(Block owner) => structOf[owner.Kind];

    private void Add(Parameter parameter)
    {
        var block = parameter.Block;
        if (!structOf.TryGetValue(block.Kind, out var type))
        {
            structOf.Add(block.Kind, type = new ParameterStruct(block.Kind));
            Structs.Add(type);
        }

        if (!type.Fields.Exists(field => field.Role == parameter.Role))
        {
            type.Fields.Add(parameter);
        }

        if (!parametersOf.TryGetValue(block, out var own))
        {
            parametersOf.Add(block, own = []);
            Owners.Add((block, own));
        }

        own.Add(parameter.Role, parameter);
    }
}
