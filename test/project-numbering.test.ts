import { describe, expect, it } from '@jest/globals'
import shipped from '../menus/index.ts'
import { narrowProject } from '../src/project.ts'
import type { Project } from '../src/gateway/project.ts'
import type { Country, NumberingOptions } from '../src/ussd/numbering.ts'
import { kenyanProject } from './support/kenya.ts'

const countries = (...codes: string[]) => codes as Country[]

describe('the numbering of a project', () => {
  it.each<[NumberingOptions, string]>([
    [{ countries: [] }, "numbering.countries: name at least one ISO code, such as ['KE'], or 'any'"],
    [
      { countries: countries('KE', 'Kenya') },
      "numbering: 'Kenya' is not an ISO code of a country, such as KE",
    ],
    [
      { countries: 'any', default: 'ke' as Country },
      "numbering: 'ke' is not an ISO code of a country, such as KE",
    ],
    [{ countries: ['KE', 'UG'], default: 'TZ' }, "numbering.default: 'TZ' is not among the countries"],
  ])('%j does not start', (numbering, problem) => {
    expect(() => kenyanProject(numbering)).toThrow(problem)
  })

  it('has registered subscribers or anyone', () => {
    const everybody = 'everybody' as Project['subscribers']
    expect(() => kenyanProject(undefined, everybody)).toThrow('subscribers: use one of registered, anyone')
  })

  it('of the shipped project is Belarus, for registered subscribers', () => {
    expect(shipped.numbering).toMatchObject({ countries: ['BY'], default: 'BY' })
    expect(shipped.subscribers).toBe('registered')
  })
})

describe('narrowProject', () => {
  const none = { numbering: undefined, subscribers: undefined }

  it('keeps the project without settings', () => {
    const project = kenyanProject()
    expect(narrowProject(project, none)).toEqual(project)
  })

  it('accepts what the project already says, and less', () => {
    const project = kenyanProject({ countries: ['KE', 'UG'], default: 'KE' })
    const narrowed = narrowProject(project, { numbering: ['UG'], subscribers: 'registered' })
    expect(narrowed).toMatchObject({
      numbering: { countries: ['UG'], default: 'KE' },
      subscribers: 'registered',
    })
    expect(narrowProject(project, { numbering: ['UG', 'KE'], subscribers: 'anyone' })).toMatchObject({
      numbering: { countries: ['UG', 'KE'], default: 'KE' },
      subscribers: 'anyone',
    })
    expect(narrowProject(kenyanProject({ countries: 'any' }), { ...none, numbering: 'any' })).toMatchObject({
      numbering: { countries: 'any' },
    })
  })

  it('reports every setting that widens', () => {
    const project = kenyanProject({ countries: ['KE'] }, 'registered')
    const widened = () => narrowProject(project, { numbering: ['KE', 'UG', 'TZ'], subscribers: 'anyone' })
    expect(widened).toThrow(/serves KE: remove UG, TZ\n.*serves registered numbers: remove anyone/)
  })
})
