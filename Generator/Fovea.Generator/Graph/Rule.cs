namespace Fovea.Generator.Graph;

/// <summary>
/// A constant of the model with name and definition: what an operator has to know beside its operands. Whoever emits the operator writes it
/// down once; two operators that name one rule mean the same.
/// </summary>
/// <param name="Name">The member of the generated rules: Focal, Matching.</param>
/// <param name="Type">The runtime's type: FocalRule.</param>
/// <param name="Items">What it is made of: the arguments of one object, or one object for each item of an array.</param>
/// <param name="Summary">For a reader; may be empty.</param>
internal sealed record Rule(string Name, string Type, CodeValue Items, string Summary = "");
